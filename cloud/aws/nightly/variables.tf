variable "name" {
  description = "What the names of all resources begin with."
  type        = string
  default     = "pulse-retrodiction"
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

variable "job_queue_arn" {
  description = "ARN of the queue that the submitting job goes to."
  type        = string
}

variable "job_queue_arns" {
  description = "ARNs of the queues whose failed jobs are reported."
  type        = list(string)
}

variable "container" {
  description = "Container properties of single-node jobs, as JSON."
  type        = string
}

variable "submit_policy_arn" {
  description = "ARN of the policy of those who submit."
  type        = string
}
