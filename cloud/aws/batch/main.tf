# What runs jobs: two compute environments, their queues and the two job definitions.

data "aws_region" "current" {}

locals {
  image = coalesce(var.image, "${aws_ecr_repository.main.repository_url}:latest")

  filled = {
    IMAGE              = local.image
    JOB_ROLE_ARN       = aws_iam_role.job.arn
    EXECUTION_ROLE_ARN = aws_iam_role.execution.arn
    AWS_REGION         = data.aws_region.current.region
    RESULTS_BUCKET     = var.results_bucket
  }
  single    = jsondecode(templatefile("${path.module}/batch_job_definition.json", local.filled))
  multinode = jsondecode(templatefile("${path.module}/batch_job_definition_multinode.json", local.filled))

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
  image_tag_mutability = "MUTABLE"

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "AES256"
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

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_size           = var.disk_gib
      volume_type           = "gp3"
      encrypted             = true
      delete_on_termination = true
    }
  }

  # A hop limit of 1 keeps containers from the instance's own role.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
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

# pulse-submit's default. No Spot in it, since any job, multi-node too, must fit here.
resource "aws_batch_job_queue" "main" {
  name     = "${var.name}-job-queue"
  state    = "ENABLED"
  priority = 10

  compute_environment_order {
    order               = 1
    compute_environment = aws_batch_compute_environment.on_demand.arn
  }
}

# For single-node jobs: Spot first, on demand where Spot has nothing.
resource "aws_batch_job_queue" "spot" {
  name     = "${var.name}-spot-job-queue"
  state    = "ENABLED"
  priority = 5

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
