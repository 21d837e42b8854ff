variable "name" {
  description = "What the names of all resources begin with."
  type        = string
  default     = "pulse-retrodiction"
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
