variable "name" {
  description = "What the names of all resources begin with. With the default they are pulse-submit's defaults."
  type        = string
  default     = "pulse-retrodiction"
}

variable "image" {
  description = "Container image with its tag or digest; null means the tag `latest` of the registry made here."
  type        = string
  default     = null
}

variable "subnet_ids" {
  description = "Private subnets, one per zone, with a way to AWS. Multi-node jobs stay in the first."
  type        = list(string)
}

variable "security_group_ids" {
  description = "Security groups of nodes: all traffic among themselves must be allowed."
  type        = list(string)
}

variable "data_bucket_arn" {
  description = "ARN of the bucket that jobs read."
  type        = string
}

variable "results_bucket" {
  description = "Name of the bucket that jobs write, and where nodes of one job find each other."
  type        = string
}

variable "results_bucket_arn" {
  description = "ARN of the bucket that jobs write."
  type        = string
}

variable "max_vcpus" {
  description = "vCPUs that each of the two compute environments may run at once: the ceiling of the bill."
  type        = number
  default     = 64
}

variable "instance_types" {
  description = "Instance types on demand, for multi-node and single-node jobs. One CPU type gives the same bits on each."
  type        = list(string)
  default     = ["m6i.xlarge", "m6i.2xlarge", "m6i.4xlarge"]
}

variable "spot_instance_types" {
  description = "Instance types on Spot, for single-node jobs. The more there are, the rarer are interruptions."
  type        = list(string)
  default     = ["m6i.xlarge", "m6i.2xlarge", "m6i.4xlarge", "m6id.xlarge", "m6id.2xlarge", "r6i.xlarge", "r6i.2xlarge"]
}

variable "disk_gib" {
  description = "Size of an instance's disk: the image, cached data and results on their way to S3."
  type        = number
  default     = 60
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
