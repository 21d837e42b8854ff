# terraform apply -var-file=example.tfvars: a team of two shares, no way to the Internet, a key of its own.
name                   = "pulse-team"
region                 = "eu-west-1"
image                  = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/pulse-team@sha256:0000000000000000000000000000000000000000000000000000000000000000"
egress                 = "endpoints"
max_vcpus              = 128
instance_types         = ["m6i.2xlarge", "m6i.4xlarge"]
log_retention_days     = 90
kms_key_arn            = "arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-0000-0000-000000000000"
tags                   = { CostCenter = "research" }
shares                 = { daily = 1, research = 4 }
runnable_limit_minutes = 60
