variable "name" {
  description = "What the names of all resources begin with. pulse-submit's default queue is NAME-job-queue of the default."
  type        = string
  default     = "pulse-retrodiction"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,29}[a-z0-9]$", var.name))
    error_message = "name must have 3 to 31 small letters, digits and hyphens, since buckets are named after it."
  }
}

variable "region" {
  description = "Region of everything; null means AWS_REGION or the profile's."
  type        = string
  default     = null
}

variable "image" {
  description = "Container image with its digest, REPOSITORY@sha256:…; null means image_tag of the repository made here."
  type        = string
  default     = null

  validation {
    condition     = var.image == null || can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "image must end with @sha256: and the image's digest: a tag elsewhere may come to mean another image."
  }
}

variable "image_tag" {
  description = "Tag of the image in the repository made here, whose tags cannot be overwritten: each image needs another."
  type        = string
  default     = "0.2.0"

  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$", var.image_tag)) && var.image_tag != "latest"
    error_message = "image_tag must be a tag, and not latest."
  }
}

variable "egress" {
  description = "How nodes reach AWS: nat (one NAT gateway) or endpoints (VPC endpoints only, no way to the Internet)."
  type        = string
  default     = "nat"

  validation {
    condition     = contains(["nat", "endpoints"], var.egress)
    error_message = "egress must be nat or endpoints."
  }
}

variable "max_vcpus" {
  description = "vCPUs that each of the two compute environments may run at once: the ceiling of the bill."
  type        = number
  default     = 64

  validation {
    condition     = var.max_vcpus >= 4 && floor(var.max_vcpus) == var.max_vcpus
    error_message = "max_vcpus must be a whole number from 4, which is what a job asks for."
  }
}

variable "instance_types" {
  description = "Instance types on demand, for multi-node and single-node jobs."
  type        = list(string)
  default     = ["m6i.xlarge", "m6i.2xlarge", "m6i.4xlarge"]

  validation {
    condition     = length(var.instance_types) > 0 && alltrue([for it in var.instance_types : can(regex("^[a-z][a-z0-9-]*[.][a-z0-9-]+$", it))])
    error_message = "instance_types must be types such as m6i.xlarge."
  }
}

variable "efa" {
  description = "Elastic Fabric Adapter for multi-node jobs; instance_types must then have one."
  type        = bool
  default     = false
}

variable "log_retention_days" {
  description = "Days that the logs of jobs are kept."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a number of days that CloudWatch knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365 …"
  }
}

variable "force_destroy" {
  description = "Let `terraform destroy` remove buckets that still hold data."
  type        = bool
  default     = false
}

variable "kms_key_arn" {
  description = "KMS key that buckets, image, logs, secret and disks are encrypted with; null means AWS's own keys."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[^:]+:kms:[^:]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key, not of an alias."
  }
}

variable "tags" {
  description = "Tags of the instances that Batch starts, and of their disks."
  type        = map(string)
  default     = {}
}

variable "rendezvous_secret_version" {
  description = "Raise it to have the secret of multi-node jobs made anew; jobs that run keep the old one."
  type        = number
  default     = 1
}

variable "shares" {
  description = "Shares of fair-share queues and their weights, {team = 1}; without any, queues are first come, first served."
  type        = map(number)
  default     = {}

  validation {
    condition     = alltrue([for weight in values(var.shares) : weight >= 0.0001 && weight <= 999.9999])
    error_message = "weights of shares must be from 0.0001 to 999.9999; a smaller one gets more."
  }
}

variable "runnable_limit_minutes" {
  description = "Minutes after which a job at the head of a queue is cancelled that no instance can be had for; null: never."
  type        = number
  default     = null

  validation {
    condition     = var.runnable_limit_minutes == null ? true : var.runnable_limit_minutes >= 10 && var.runnable_limit_minutes <= 1440
    error_message = "runnable_limit_minutes must be from 10 to 1440."
  }
}

variable "foreign_objects" {
  description = "ARNs of objects in other accounts' buckets that jobs may read, arn:aws:s3:::BUCKET/*; all other accounts' are shut."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for it in var.foreign_objects : can(regex("^arn:[^:]+:s3:::[^/]+/", it))])
    error_message = "foreign_objects must be ARNs of objects, arn:aws:s3:::BUCKET/*."
  }
}

variable "workflow" {
  description = "s3://BUCKET/KEY of the workflow that is submitted by the schedule; null: there is no schedule."
  type        = string
  default     = null

  validation {
    condition     = var.workflow == null || can(regex("^s3://[^/]+/.+", var.workflow))
    error_message = "workflow must be s3://BUCKET/KEY of a file of pulse-flow."
  }
}

variable "schedule" {
  description = "When the workflow is submitted, as EventBridge Scheduler has it."
  type        = string
  default     = "cron(0 2 * * ? *)"

  validation {
    condition     = can(regex("^(cron|rate|at)\\(.+\\)$", var.schedule))
    error_message = "schedule must be cron(…), rate(…) or at(…)."
  }
}

variable "schedule_zone" {
  description = "Time zone of the schedule."
  type        = string
  default     = "UTC"
}

variable "failure_email" {
  description = "Address that gets a mail for each failed job, once it has confirmed; null: none does."
  type        = string
  default     = null

  validation {
    condition     = var.failure_email == null || can(regex("^[^@ ]+@[^@ ]+$", var.failure_email))
    error_message = "failure_email must be an address."
  }
}
