output "data_bucket" {
  description = "Datasets go here: pulse-data put FILE s3://BUCKET/datasets/, pulse-submit --s3-data-bucket."
  value       = module.s3.data_bucket
}

output "results_bucket" {
  description = "Results appear here: pulse-submit --s3-results-bucket."
  value       = module.s3.results_bucket
}

output "repository_url" {
  description = "Where the image is pushed to."
  value       = module.batch.repository_url
}

output "job_queue" {
  description = "pulse-submit --job-queue (its default, unless var.name was changed)."
  value       = module.batch.job_queue
}

output "spot_job_queue" {
  description = "For single-node jobs that may be interrupted: pulse-submit --mode single --job-queue."
  value       = module.batch.spot_job_queue
}

output "submit_policy_arn" {
  description = "IAM policy for people and programs that submit and follow jobs."
  value       = module.batch.submit_policy_arn
}

output "failure_topic_arn" {
  description = "SNS topic that failed jobs are published to; null: there is none."
  value       = module.nightly.failure_topic_arn
}
