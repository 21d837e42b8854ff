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
  own_name         = "pulse-retrodiction"
  log_group        = local.single.containerProperties.logConfiguration.options["awslogs-group"]
  single_container = local.single.containerProperties
  multi_container  = local.multinode.nodeProperties.nodeRangeProperties[0].container

  # What a container needs to use its instance's adapter; nothing without var.efa.
  adapter = { for key, value in {
    linuxParameters = merge(local.multi_container.linuxParameters, {
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

# pulse-submit's default. No Spot in it, since any job, multi-node too, must find a place here.
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

resource "aws_batch_job_definition" "single" {
  name                  = replace(local.single.jobDefinitionName, local.own_name, var.name)
  type                  = local.single.type
  platform_capabilities = local.single.platformCapabilities
  propagate_tags        = local.single.propagateTags

  container_properties = jsonencode(merge(local.single_container, {
    logConfiguration = merge(local.single_container.logConfiguration, {
      options = merge(local.single_container.logConfiguration.options, {
        awslogs-group = aws_cloudwatch_log_group.jobs.name
      })
    })
  }))

  retry_strategy {
    attempts = local.single.retryStrategy.attempts

    dynamic "evaluate_on_exit" {
      for_each = local.single.retryStrategy.evaluateOnExit

      content {
        action           = evaluate_on_exit.value.action
        on_exit_code     = lookup(evaluate_on_exit.value, "onExitCode", null)
        on_reason        = lookup(evaluate_on_exit.value, "onReason", null)
        on_status_reason = lookup(evaluate_on_exit.value, "onStatusReason", null)
      }
    }
  }

  timeout {
    attempt_duration_seconds = local.single.timeout.attemptDurationSeconds
  }
}

resource "aws_batch_job_definition" "multinode" {
  name                  = replace(local.multinode.jobDefinitionName, local.own_name, var.name)
  type                  = local.multinode.type
  platform_capabilities = local.multinode.platformCapabilities
  propagate_tags        = local.multinode.propagateTags

  node_properties = jsonencode(merge(local.multinode.nodeProperties, {
    nodeRangeProperties = [merge(local.multinode.nodeProperties.nodeRangeProperties[0], {
      container = merge(
        local.multi_container,
        {
          logConfiguration = merge(local.multi_container.logConfiguration, {
            options = merge(local.multi_container.logConfiguration.options, {
              awslogs-group = aws_cloudwatch_log_group.jobs.name
            })
          })
        },
        local.adapter
      )
    })]
  }))

  retry_strategy {
    attempts = local.multinode.retryStrategy.attempts

    dynamic "evaluate_on_exit" {
      for_each = local.multinode.retryStrategy.evaluateOnExit

      content {
        action           = evaluate_on_exit.value.action
        on_exit_code     = lookup(evaluate_on_exit.value, "onExitCode", null)
        on_reason        = lookup(evaluate_on_exit.value, "onReason", null)
        on_status_reason = lookup(evaluate_on_exit.value, "onStatusReason", null)
      }
    }
  }

  timeout {
    attempt_duration_seconds = local.multinode.timeout.attemptDurationSeconds
  }
}
