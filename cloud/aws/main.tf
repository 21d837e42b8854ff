# Everything a job needs: where it runs (vpc), what it reads and writes (s3), what runs it (batch), and what
# submits a workflow by the clock (nightly; off by default).

module "vpc" {
  source = "./vpc"

  name   = var.name
  egress = var.egress

  foreign_objects = var.foreign_objects
}

module "s3" {
  source = "./s3"

  name          = var.name
  force_destroy = var.force_destroy
  kms_key_arn   = var.kms_key_arn
}

module "batch" {
  source = "./batch"

  name               = var.name
  image              = var.image
  image_tag          = var.image_tag
  subnet_ids         = module.vpc.private_subnet_ids
  security_group_ids = [module.vpc.security_group_id]
  data_bucket_arn    = module.s3.data_bucket_arn
  results_bucket     = module.s3.results_bucket
  results_bucket_arn = module.s3.results_bucket_arn
  max_vcpus          = var.max_vcpus
  instance_types     = var.instance_types
  efa                = var.efa
  log_retention_days = var.log_retention_days
  kms_key_arn        = var.kms_key_arn
  tags               = var.tags
  shares             = var.shares

  rendezvous_secret_version = var.rendezvous_secret_version
  runnable_limit_minutes    = var.runnable_limit_minutes
}

module "nightly" {
  source = "./nightly"

  name              = var.name
  workflow          = var.workflow
  schedule          = var.schedule
  schedule_zone     = var.schedule_zone
  failure_email     = var.failure_email
  job_queue_arn     = module.batch.job_queue_arn
  job_queue_arns    = [module.batch.job_queue_arn, module.batch.spot_job_queue_arn]
  container         = module.batch.container
  submit_policy_arn = module.batch.submit_policy_arn
}
