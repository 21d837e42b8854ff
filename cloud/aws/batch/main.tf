# What runs jobs: two compute environments, their queues and the two job definitions.

data "aws_region" "current" {}

locals {
  image = coalesce(var.image, "${aws_ecr_repository.main.repository_url}:${var.image_tag}")

  filled = {
    IMAGE                 = local.image
    JOB_ROLE_ARN          = aws_iam_role.job.arn
    EXECUTION_ROLE_ARN    = aws_iam_role.execution.arn
    AWS_REGION            = data.aws_region.current.region
    RESULTS_BUCKET        = var.results_bucket
    RENDEZVOUS_SECRET_ARN = aws_secretsmanager_secret.rendezvous.arn
  }
  single    = jsondecode(templatefile("${path.module}/batch_job_definition.json", local.filled))
  multinode = jsondecode(templatefile("${path.module}/batch_job_definition_multinode.json", local.filled))

  # Why a job at the head of a queue may wait for ever, as Batch words it.
  hopeless = var.runnable_limit_minutes == null ? [] : [
    "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",
    "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
  ]

  # The names in the files are those of the default var.name.
  own_name  = "pulse-retrodiction"
  log_group = local.single.containerProperties.logConfiguration.options["awslogs-group"]

  # The containers of the files, but that they log to the group made here.
  containers = {
    for kind, container in {
      single    = local.single.containerProperties
      multinode = local.multinode.nodeProperties.nodeRangeProperties[0].container
      } : kind => merge(container, {
        logConfiguration = merge(container.logConfiguration, {
          options = merge(container.logConfiguration.options, {
            awslogs-group = aws_cloudwatch_log_group.jobs.name
          })
        })
    })
  }

  # Both definitions; each has what one container is, or what the containers of all nodes are.
  definitions = {
    single = merge(local.single, {
      container = jsonencode(local.containers.single)
      nodes     = null
    })
    multinode = merge(local.multinode, {
      container = null
      nodes = jsonencode(merge(local.multinode.nodeProperties, {
        nodeRangeProperties = [merge(local.multinode.nodeProperties.nodeRangeProperties[0], {
          container = merge(local.containers.multinode, local.adapter)
        })]
      }))
    })
  }

  # What a container needs to use its instance's adapter; nothing without var.efa.
  adapter = { for key, value in {
    linuxParameters = merge(local.containers.multinode.linuxParameters, {
      devices = [{
        hostPath      = "/dev/infiniband/uverbs0"
        containerPath = "/dev/infiniband/uverbs0"
        permissions   = ["READ", "WRITE", "MKNOD"]
      }]
    })
    ulimits = [{ name = "memlock", softLimit = -1, hardLimit = -1 }]
  } : key => value if var.efa }
}

# ---- Image and logs ----

resource "aws_ecr_repository" "main" {
  name                 = var.name
  image_tag_mutability = "IMMUTABLE" # a tag is one digest for ever

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = var.kms_key_arn == null ? "AES256" : "KMS"
    kms_key         = var.kms_key_arn
  }
}

resource "aws_ecr_lifecycle_policy" "main" {
  repository = aws_ecr_repository.main.name

  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "Images that no tag names any more"
      selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 14 }
      action       = { type = "expire" }
    }]
  })
}

resource "aws_cloudwatch_log_group" "jobs" {
  name              = replace(local.log_group, local.own_name, var.name)
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

# ---- What the nodes of a job know each other by ----

# Made anew when its version is raised; Terraform hands it on and keeps it nowhere.
ephemeral "aws_secretsmanager_random_password" "rendezvous" {
  password_length     = 48
  exclude_punctuation = true
}

resource "aws_secretsmanager_secret" "rendezvous" {
  name_prefix = "${var.name}-rendezvous-"
  description = "Nodes of multi-node jobs sign with it what they announce to each other"
  kms_key_id  = var.kms_key_arn
}

resource "aws_secretsmanager_secret_version" "rendezvous" {
  secret_id                = aws_secretsmanager_secret.rendezvous.id
  secret_string_wo         = ephemeral.aws_secretsmanager_random_password.rendezvous.random_password
  secret_string_wo_version = var.rendezvous_secret_version
}

# ---- Instances ----

resource "aws_placement_group" "cluster" {
  name     = "${var.name}-cluster"
  strategy = "cluster"
}

resource "aws_launch_template" "node" {
  for_each = toset(["on-demand", "spot"])

  name_prefix            = "${var.name}-${each.key}-"
  update_default_version = true
  user_data              = base64encode(file("${path.module}/instance.mime"))

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_size           = var.disk_gib
      volume_type           = "gp3"
      encrypted             = true
      kms_key_id            = var.kms_key_arn
      delete_on_termination = true
    }
  }

  # A hop limit of 1 keeps containers with a network of their own from the instance's role; those of
  # single-node jobs have the instance's network, and instance.mime keeps them.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  # What Batch starts inherits no tag of Terraform's.
  dynamic "tag_specifications" {
    for_each = toset(["instance", "volume"])

    content {
      resource_type = tag_specifications.value
      tags          = merge(var.tags, { Project = var.name })
    }
  }

  dynamic "network_interfaces" {
    for_each = var.efa && each.key == "on-demand" ? [1] : []

    content {
      device_index          = 0
      interface_type        = "efa"
      security_groups       = var.security_group_ids
      delete_on_termination = true
    }
  }
}

# Multi-node jobs, close together: one zone, one placement group. Batch runs them on demand only.
resource "aws_batch_compute_environment" "on_demand" {
  name_prefix = "${var.name}-on-demand-"
  type        = "MANAGED"
  state       = "ENABLED"

  compute_resources {
    type                = "EC2"
    allocation_strategy = "BEST_FIT_PROGRESSIVE"
    min_vcpus           = 0
    max_vcpus           = var.max_vcpus
    instance_type       = var.instance_types
    instance_role       = aws_iam_instance_profile.instance.arn
    placement_group     = aws_placement_group.cluster.name
    subnets             = [var.subnet_ids[0]]
    security_group_ids  = var.security_group_ids

    ec2_configuration {
      image_type = "ECS_AL2023"
    }

    launch_template {
      launch_template_id = aws_launch_template.node["on-demand"].id
      version            = "$Latest"
    }

    tags = { Name = "${var.name}-on-demand" }
  }

  # A queue holds on to an environment: the new one comes first.
  lifecycle {
    create_before_destroy = true
  }

  depends_on = [aws_iam_role_policy_attachment.instance]
}

# Single-node jobs at Spot prices: a lost host is retried and resumes.
resource "aws_batch_compute_environment" "spot" {
  name_prefix = "${var.name}-spot-"
  type        = "MANAGED"
  state       = "ENABLED"

  compute_resources {
    type                = "SPOT"
    allocation_strategy = "SPOT_PRICE_CAPACITY_OPTIMIZED"
    bid_percentage      = 100
    min_vcpus           = 0
    max_vcpus           = var.max_vcpus
    instance_type       = var.spot_instance_types
    instance_role       = aws_iam_instance_profile.instance.arn
    subnets             = var.subnet_ids
    security_group_ids  = var.security_group_ids

    ec2_configuration {
      image_type = "ECS_AL2023"
    }

    launch_template {
      launch_template_id = aws_launch_template.node["spot"].id
      version            = "$Latest"
    }

    tags = { Name = "${var.name}-spot" }
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [aws_iam_role_policy_attachment.instance]
}

# ---- Queues ----

# Jobs of each share in turn; only where shares are asked for, since jobs must then name theirs.
resource "aws_batch_scheduling_policy" "shares" {
  count = length(var.shares) > 0 ? 1 : 0

  name = "${var.name}-shares"

  fair_share_policy {
    share_decay_seconds = 86400

    dynamic "share_distribution" {
      for_each = var.shares

      content {
        share_identifier = share_distribution.key
        weight_factor    = share_distribution.value
      }
    }
  }
}

# pulse-submit's default. No Spot in it, since any job, multi-node too, must fit here.
resource "aws_batch_job_queue" "main" {
  name                  = "${var.name}-job-queue"
  state                 = "ENABLED"
  priority              = 10
  scheduling_policy_arn = try(aws_batch_scheduling_policy.shares[0].arn, null)

  dynamic "job_state_time_limit_action" {
    for_each = local.hopeless

    content {
      action           = "CANCEL"
      state            = "RUNNABLE"
      reason           = job_state_time_limit_action.value
      max_time_seconds = var.runnable_limit_minutes * 60
    }
  }

  compute_environment_order {
    order               = 1
    compute_environment = aws_batch_compute_environment.on_demand.arn
  }
}

# For single-node jobs: Spot first, on demand where Spot has nothing.
resource "aws_batch_job_queue" "spot" {
  name                  = "${var.name}-spot-job-queue"
  state                 = "ENABLED"
  priority              = 5
  scheduling_policy_arn = try(aws_batch_scheduling_policy.shares[0].arn, null)

  dynamic "job_state_time_limit_action" {
    for_each = local.hopeless

    content {
      action           = "CANCEL"
      state            = "RUNNABLE"
      reason           = job_state_time_limit_action.value
      max_time_seconds = var.runnable_limit_minutes * 60
    }
  }

  compute_environment_order {
    order               = 1
    compute_environment = aws_batch_compute_environment.spot.arn
  }

  compute_environment_order {
    order               = 2
    compute_environment = aws_batch_compute_environment.on_demand.arn
  }
}

# ---- Job definitions, as the two JSON files beside this one say ----

resource "aws_batch_job_definition" "training" {
  for_each = local.definitions

  name                  = replace(each.value.jobDefinitionName, local.own_name, var.name)
  type                  = each.value.type
  platform_capabilities = each.value.platformCapabilities
  propagate_tags        = each.value.propagateTags
  container_properties  = each.value.container
  node_properties       = each.value.nodes

  retry_strategy {
    attempts = each.value.retryStrategy.attempts

    dynamic "evaluate_on_exit" {
      for_each = each.value.retryStrategy.evaluateOnExit

      content {
        action           = evaluate_on_exit.value.action
        on_exit_code     = lookup(evaluate_on_exit.value, "onExitCode", null)
        on_reason        = lookup(evaluate_on_exit.value, "onReason", null)
        on_status_reason = lookup(evaluate_on_exit.value, "onStatusReason", null)
      }
    }
  }

  timeout {
    attempt_duration_seconds = each.value.timeout.attemptDurationSeconds
  }
}
