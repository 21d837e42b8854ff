# A workflow that is submitted every night, and word of what failed. Both are off by default.

data "aws_region" "current" {}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  scheduled = var.workflow == null ? 0 : 1
  notified  = var.failure_email == null ? 0 : 1

  # That of the single-node jobs, but that it submits: as another role, with little memory.
  container = merge(jsondecode(var.container), {
    command              = ["pulse-flow", "submit", coalesce(var.workflow, "none")]
    jobRoleArn           = one(aws_iam_role.client[*].arn)
    resourceRequirements = [{ type = "VCPU", value = "1" }, { type = "MEMORY", value = "2048" }]
  })
}

# ---- The job that submits the workflow's jobs ----

data "aws_iam_policy_document" "by_tasks" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_iam_role" "client" {
  count = local.scheduled

  name               = "${var.name}-nightly"
  description        = "Submits a workflow's jobs every night"
  assume_role_policy = data.aws_iam_policy_document.by_tasks.json
}

resource "aws_iam_role_policy_attachment" "client" {
  count = local.scheduled

  role       = aws_iam_role.client[0].name
  policy_arn = var.submit_policy_arn
}

resource "aws_batch_job_definition" "client" {
  count = local.scheduled

  name                 = "${var.name}-nightly"
  type                 = "container"
  container_properties = jsonencode(local.container)

  retry_strategy {
    attempts = 3

    evaluate_on_exit {
      action       = "RETRY"
      on_exit_code = "75"
    }

    evaluate_on_exit {
      action           = "EXIT"
      on_status_reason = "Essential container*"
    }
  }

  timeout {
    attempt_duration_seconds = 3600
  }
}

# ---- The schedule ----

data "aws_iam_policy_document" "by_scheduler" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

data "aws_iam_policy_document" "scheduler" {
  count = local.scheduled

  statement {
    sid     = "Submit"
    actions = ["batch:SubmitJob"]
    resources = [
      var.job_queue_arn,
      "${aws_batch_job_definition.client[0].arn_prefix}:*",
      "arn:${data.aws_partition.current.partition}:batch:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:job/*",
    ]
  }
}

resource "aws_iam_role" "scheduler" {
  count = local.scheduled

  name               = "${var.name}-scheduler"
  description        = "Starts the job that submits the nightly workflow"
  assume_role_policy = data.aws_iam_policy_document.by_scheduler.json
}

resource "aws_iam_role_policy" "scheduler" {
  count = local.scheduled

  name   = "submit"
  role   = aws_iam_role.scheduler[0].id
  policy = data.aws_iam_policy_document.scheduler[0].json
}

resource "aws_scheduler_schedule" "nightly" {
  count = local.scheduled

  name                         = "${var.name}-nightly"
  schedule_expression          = var.schedule
  schedule_expression_timezone = var.schedule_zone

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = "arn:${data.aws_partition.current.partition}:scheduler:::aws-sdk:batch:submitJob"
    role_arn = aws_iam_role.scheduler[0].arn
    input = jsonencode({
      JobName       = "${var.name}-nightly"
      JobQueue      = var.job_queue_arn
      JobDefinition = aws_batch_job_definition.client[0].arn
    })
  }
}

# ---- Word of failures ----

resource "aws_sns_topic" "failures" {
  count = local.notified

  name = "${var.name}-failures"
}

resource "aws_sns_topic_subscription" "failures" {
  count = local.notified

  topic_arn = aws_sns_topic.failures[0].arn
  protocol  = "email"
  endpoint  = var.failure_email
}

data "aws_iam_policy_document" "publish" {
  count = local.notified

  statement {
    sid       = "EventsPublish"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.failures[0].arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_cloudwatch_event_rule.failures[0].arn]
    }
  }
}

resource "aws_sns_topic_policy" "failures" {
  count = local.notified

  arn    = aws_sns_topic.failures[0].arn
  policy = data.aws_iam_policy_document.publish[0].json
}

resource "aws_cloudwatch_event_rule" "failures" {
  count = local.notified

  name        = "${var.name}-failures"
  description = "Jobs of these queues that have failed"
  event_pattern = jsonencode({
    source      = ["aws.batch"]
    detail-type = ["Batch Job State Change"]
    detail = {
      status   = ["FAILED"]
      jobQueue = var.job_queue_arns
    }
  })
}

resource "aws_cloudwatch_event_target" "failures" {
  count = local.notified

  rule = aws_cloudwatch_event_rule.failures[0].name
  arn  = aws_sns_topic.failures[0].arn
}
