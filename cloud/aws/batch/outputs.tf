output "job_queue" {
  description = "pulse-submit --job-queue (its default, unless var.name was changed)."
  value       = aws_batch_job_queue.main.name
}

output "spot_job_queue" {
  description = "For single-node jobs that may be interrupted: pulse-submit --mode single --job-queue."
  value       = aws_batch_job_queue.spot.name
}

output "job_definition" {
  description = "pulse-submit --job-definition; multi-node jobs use the one with -multinode behind it."
  value       = aws_batch_job_definition.training["single"].name
}

output "repository_url" {
  description = "Where the image is pushed to."
  value       = aws_ecr_repository.main.repository_url
}

output "log_group" {
  description = "Where the logs of jobs are."
  value       = aws_cloudwatch_log_group.jobs.name
}

output "submit_policy_arn" {
  description = "IAM policy for people and programs that submit and follow jobs."
  value       = aws_iam_policy.submit.arn
}

output "job_queue_arn" {
  description = "ARN of the default queue."
  value       = aws_batch_job_queue.main.arn
}

output "spot_job_queue_arn" {
  description = "ARN of the queue of jobs that may be interrupted."
  value       = aws_batch_job_queue.spot.arn
}

output "container" {
  description = "Container properties of single-node jobs, as JSON."
  value       = jsonencode(local.containers.single)
}
