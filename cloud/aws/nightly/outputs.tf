output "failure_topic_arn" {
  description = "SNS topic that failed jobs are published to; null: there is none."
  value       = one(aws_sns_topic.failures[*].arn)
}
