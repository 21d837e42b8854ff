variable "name" {
  description = "Buckets are NAME-data-ACCOUNT and NAME-results-ACCOUNT."
  type        = string
  default     = "pulse-retrodiction"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,29}[a-z0-9]$", var.name))
    error_message = "name must have 3 to 31 small letters, digits and hyphens, since buckets are named after it."
  }
}

variable "scratch_prefixes" {
  description = "Prefixes of the results bucket whose objects nobody needs for long: messages of nodes to each other, checkpoints."
  type        = list(string)
  default     = ["rendezvous/", "checkpoints/"]

  validation {
    condition     = alltrue([for it in var.scratch_prefixes : endswith(it, "/") && !startswith(it, "/")])
    error_message = "scratch_prefixes must end with a slash and not begin with one."
  }
}

variable "scratch_days" {
  description = "Days that objects below scratch_prefixes are kept."
  type        = number
  default     = 14

  validation {
    condition     = var.scratch_days >= 1
    error_message = "scratch_days must be 1 or more."
  }
}

variable "noncurrent_days" {
  description = "Days that overwritten and deleted objects can be brought back."
  type        = number
  default     = 30

  validation {
    condition     = var.noncurrent_days >= 1
    error_message = "noncurrent_days must be 1 or more."
  }
}

variable "force_destroy" {
  description = "Let `terraform destroy` remove buckets that still hold data."
  type        = bool
  default     = false
}

variable "kms_key_arn" {
  description = "KMS key that both buckets are encrypted with; null means AWS's own keys."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[^:]+:kms:[^:]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key, not of an alias."
  }
}
