variable "name" {
  description = "What the names of all resources begin with. pulse-submit's default queue is NAME-job-queue of the default."
  type        = string
  default     = "pulse-retrodiction"
}

variable "region" {
  description = "Region of everything; null means AWS_REGION or the profile's."
  type        = string
  default     = null
}

variable "image" {
  description = "Container image with its tag or digest; null means the tag `latest` of the registry made here."
  type        = string
  default     = null
}

variable "egress" {
  description = "How nodes reach AWS: nat (one NAT gateway) or endpoints (VPC endpoints only, no way to the Internet)."
  type        = string
  default     = "nat"
}

variable "max_vcpus" {
  description = "vCPUs that each of the two compute environments may run at once: the ceiling of the bill."
  type        = number
  default     = 64
}

variable "instance_types" {
  description = "Instance types on demand, for multi-node and single-node jobs."
  type        = list(string)
  default     = ["m6i.xlarge", "m6i.2xlarge", "m6i.4xlarge"]
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
}

variable "force_destroy" {
  description = "Let `terraform destroy` remove buckets that still hold data."
  type        = bool
  default     = false
}
