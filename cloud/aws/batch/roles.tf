# Who may do what: the job in its container, the agent that starts it, the instance, and whoever submits.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_iam_policy_document" "by_tasks" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }

    # Only for tasks of this account.
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

# ---- Job role: the credentials that pulse-train and pulse-node find in the container ----

resource "aws_iam_role" "job" {
  name               = "${var.name}-job"
  description        = "Training jobs: read the data bucket, write the results bucket"
  assume_role_policy = data.aws_iam_policy_document.by_tasks.json
}

data "aws_iam_policy_document" "job" {
  statement {
    sid       = "FindData"
    actions   = ["s3:ListBucket"]
    resources = [var.data_bucket_arn]
  }

  statement {
    sid       = "ReadData"
    actions   = ["s3:GetObject"]
    resources = ["${var.data_bucket_arn}/*"]
  }

  statement {
    sid       = "FindResults"
    actions   = ["s3:ListBucket"]
    resources = [var.results_bucket_arn]
  }

  # Deleting is for checkpoints, for what nodes say to each other, and for the lease that keeps a second
  # job out of the output, for whose sake jobs also list and read there; versions stay.
  statement {
    sid       = "WriteResults"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
    resources = ["${var.results_bucket_arn}/*"]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn == null ? [] : [var.kms_key_arn]

    content {
      sid       = "UseKey"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]
    }
  }
}

resource "aws_iam_role_policy" "job" {
  name   = "buckets"
  role   = aws_iam_role.job.id
  policy = data.aws_iam_policy_document.job.json
}

# ---- Execution role: the agent pulls the image and ships the log ----

resource "aws_iam_role" "execution" {
  name               = "${var.name}-execution"
  description        = "Starting training jobs: pull the image, write the log"
  assume_role_policy = data.aws_iam_policy_document.by_tasks.json
}

data "aws_iam_policy_document" "execution" {
  # This action knows no resource.
  statement {
    sid       = "LogInToRegistry"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    sid       = "PullImage"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = [aws_ecr_repository.main.arn]
  }

  statement {
    sid       = "WriteLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.jobs.arn}:*"]
  }

  statement {
    sid       = "ReadSecret"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.rendezvous.arn]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn == null ? [] : [var.kms_key_arn]

    content {
      sid       = "UseKey"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]
    }
  }
}

resource "aws_iam_role_policy" "execution" {
  name   = "image-and-log"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.execution.json
}

# ---- Instance role: the agent on the instance ----

data "aws_iam_policy_document" "by_instances" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "instance" {
  name               = "${var.name}-instance"
  description        = "Instances that Batch starts for training jobs"
  assume_role_policy = data.aws_iam_policy_document.by_instances.json
}

resource "aws_iam_role_policy_attachment" "instance" {
  role       = aws_iam_role.instance.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role"
}

resource "aws_iam_instance_profile" "instance" {
  name = "${var.name}-instance"
  role = aws_iam_role.instance.name
}

# ---- For those who submit: attach it to them ----

data "aws_iam_policy_document" "submit" {
  statement {
    sid     = "Submit"
    actions = ["batch:SubmitJob", "batch:TagResource"]
    resources = [
      aws_batch_job_queue.main.arn,
      aws_batch_job_queue.spot.arn,
      "${aws_batch_job_definition.training["single"].arn_prefix}:*",
      "${aws_batch_job_definition.training["multinode"].arn_prefix}:*",
      "arn:${data.aws_partition.current.partition}:batch:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:job/*",
    ]
  }

  # These know no resource.
  statement {
    sid = "Look"
    actions = [
      "batch:DescribeComputeEnvironments",
      "batch:DescribeJobDefinitions",
      "batch:DescribeJobQueues",
      "batch:DescribeJobs",
      "batch:GetJobQueueSnapshot",
      "batch:ListJobs",
    ]
    resources = ["*"]
  }

  statement {
    sid       = "Stop"
    actions   = ["batch:CancelJob", "batch:TerminateJob"]
    resources = ["arn:${data.aws_partition.current.partition}:batch:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:job/*"]
  }

  statement {
    sid       = "ReadLogs"
    actions   = ["logs:GetLogEvents"]
    resources = ["${aws_cloudwatch_log_group.jobs.arn}:*"]
  }

  statement {
    sid       = "FindObjects"
    actions   = ["s3:ListBucket"]
    resources = [var.data_bucket_arn, var.results_bucket_arn]
  }

  statement {
    sid       = "MoveObjects"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"]
    resources = ["${var.data_bucket_arn}/*", "${var.results_bucket_arn}/*"]
  }

  # What nodes of jobs announce to each other is none of a submitter's business.
  statement {
    sid       = "NoRendezvous"
    effect    = "Deny"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
    resources = ["${var.results_bucket_arn}/rendezvous/*", "${var.results_bucket_arn}/*/rendezvous/*"]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn == null ? [] : [var.kms_key_arn]

    content {
      sid       = "UseKey"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]
    }
  }
}

resource "aws_iam_policy" "submit" {
  name        = "${var.name}-submit"
  description = "Submit and follow training jobs, put data, read results"
  policy      = data.aws_iam_policy_document.submit.json
}
