variable "name" {
  description = "Buckets are NAME-data-ACCOUNT and NAME-results-ACCOUNT."
  type        = string
  default     = "pulse-retrodiction"
}

variable "scratch_prefixes" {
  description = "Prefixes of the results bucket whose objects nobody needs for long: messages of nodes to each other, checkpoints."
  type        = list(string)
  default     = ["rendezvous/", "checkpoints/"]
}

variable "scratch_days" {
  description = "Days that objects below scratch_prefixes are kept."
  type        = number
  default     = 14
}

variable "noncurrent_days" {
  description = "Days that overwritten and deleted objects can be brought back."
  type        = number
  default     = 30
}

variable "force_destroy" {
  description = "Let `terraform destroy` remove buckets that still hold data."
  type        = bool
  default     = false
}
