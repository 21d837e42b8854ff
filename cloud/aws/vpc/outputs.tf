output "vpc_id" {
  description = "The VPC."
  value       = aws_vpc.main.id
}

output "private_subnet_ids" {
  description = "One private subnet per zone, in the zones' order."
  value       = aws_subnet.private[*].id
}

output "security_group_id" {
  description = "What nodes of jobs belong to."
  value       = aws_security_group.nodes.id
}
