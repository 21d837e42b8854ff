variable "name" {
  description = "What the names of all resources begin with."
  type        = string
  default     = "pulse-retrodiction"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,29}[a-z0-9]$", var.name))
    error_message = "name must have 3 to 31 small letters, digits and hyphens, since buckets are named after it."
  }
}

variable "cidr" {
  description = "Addresses of the VPC, a /16: each zone gets a /20 of it, the NAT gateway the last /24."
  type        = string
  default     = "10.64.0.0/16"

  validation {
    condition     = can(cidrhost(var.cidr, 0)) && endswith(var.cidr, "/16")
    error_message = "cidr must be a /16 such as 10.64.0.0/16."
  }
}

variable "zones" {
  description = "Availability zones, one private subnet each. Multi-node jobs stay in the first."
  type        = number
  default     = 2

  validation {
    condition     = var.zones >= 1 && var.zones <= 6
    error_message = "zones must be from 1 to 6."
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

variable "foreign_objects" {
  description = "ARNs of objects in other accounts' buckets that jobs may read, arn:aws:s3:::BUCKET/*; all other accounts' are shut."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for it in var.foreign_objects : can(regex("^arn:[^:]+:s3:::[^/]+/", it))])
    error_message = "foreign_objects must be ARNs of objects, arn:aws:s3:::BUCKET/*."
  }
}
