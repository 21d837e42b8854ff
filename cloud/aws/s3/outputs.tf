output "data_bucket" {
  description = "Name of the bucket of datasets."
  value       = aws_s3_bucket.main["data"].id
}

output "data_bucket_arn" {
  description = "ARN of the bucket of datasets."
  value       = aws_s3_bucket.main["data"].arn
}

output "results_bucket" {
  description = "Name of the bucket of results."
  value       = aws_s3_bucket.main["results"].id
}

output "results_bucket_arn" {
  description = "ARN of the bucket of results."
  value       = aws_s3_bucket.main["results"].arn
}
