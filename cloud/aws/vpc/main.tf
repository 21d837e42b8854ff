# Private subnets for the nodes of jobs. Nothing in the world can reach a node; nodes of one job
# reach each other on every port; they reach AWS through a NAT gateway or through VPC endpoints.

data "aws_region" "current" {}

data "aws_partition" "current" {}

data "aws_caller_identity" "current" {}

data "aws_availability_zones" "open" {
  state = "available"

  # Local zones lack much of what Batch needs.
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  nat       = var.egress == "nat" ? 1 : 0
  endpoints = var.egress == "endpoints" ? 1 : 0

  # What the agent on an instance talks to: the image registry, the scheduler, the logs.
  services = local.endpoints == 1 ? ["ecr.api", "ecr.dkr", "ecs", "ecs-agent", "ecs-telemetry", "logs", "secretsmanager"] : []
}

resource "aws_vpc" "main" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true

  tags = { Name = var.name }
}

# Adopted and left without rules, so that nothing that forgets to name a group can talk.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.main.id
}

# ---- Subnets and routes ----

resource "aws_subnet" "private" {
  count = var.zones

  vpc_id            = aws_vpc.main.id
  availability_zone = data.aws_availability_zones.open.names[count.index]
  cidr_block        = cidrsubnet(var.cidr, 4, count.index)

  tags = { Name = "${var.name}-private-${count.index}" }
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.main.id

  tags = { Name = "${var.name}-private" }
}

resource "aws_route_table_association" "private" {
  count = var.zones

  subnet_id      = aws_subnet.private[count.index].id
  route_table_id = aws_route_table.private.id
}

# What may pass to S3: whoever's keys a job holds, it can carry data into no other account's bucket.
data "aws_iam_policy_document" "s3" {
  statement {
    sid       = "OwnBuckets"
    actions   = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"]
    resources = ["*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }

  # Layers of images lie in a bucket of the registry's, packages of the instances' system in another.
  statement {
    sid     = "ReadForeign"
    actions = ["s3:GetObject"]
    resources = concat([
      "arn:${data.aws_partition.current.partition}:s3:::prod-${data.aws_region.current.region}-starport-layer-bucket/*",
      "arn:${data.aws_partition.current.partition}:s3:::al2023-repos-${data.aws_region.current.region}-de612dc2/*",
    ], var.foreign_objects)

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}

# S3 by a gateway endpoint in both cases: it costs nothing and keeps data off the NAT gateway.
resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.main.id
  vpc_endpoint_type = "Gateway"
  service_name      = "com.amazonaws.${data.aws_region.current.region}.s3"
  route_table_ids   = [aws_route_table.private.id]
  policy            = data.aws_iam_policy_document.s3.json

  tags = { Name = "${var.name}-s3" }
}

# ---- egress = "nat": one gateway in one zone, billed by the hour and by the byte ----

resource "aws_internet_gateway" "main" {
  count = local.nat

  vpc_id = aws_vpc.main.id

  tags = { Name = var.name }
}

resource "aws_subnet" "public" {
  count = local.nat

  vpc_id                  = aws_vpc.main.id
  availability_zone       = data.aws_availability_zones.open.names[0]
  cidr_block              = cidrsubnet(var.cidr, 8, 255)
  map_public_ip_on_launch = false

  tags = { Name = "${var.name}-public" }
}

resource "aws_route_table" "public" {
  count = local.nat

  vpc_id = aws_vpc.main.id

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.main[0].id
  }

  tags = { Name = "${var.name}-public" }
}

resource "aws_route_table_association" "public" {
  count = local.nat

  subnet_id      = aws_subnet.public[0].id
  route_table_id = aws_route_table.public[0].id
}

resource "aws_eip" "nat" {
  count = local.nat

  domain = "vpc"

  tags = { Name = "${var.name}-nat" }
}

resource "aws_nat_gateway" "main" {
  count = local.nat

  allocation_id = aws_eip.nat[0].id
  subnet_id     = aws_subnet.public[0].id

  tags = { Name = var.name }

  depends_on = [aws_internet_gateway.main]
}

resource "aws_route" "nat" {
  count = local.nat

  route_table_id         = aws_route_table.private.id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.main[0].id
}

# ---- egress = "endpoints": one interface per service and zone, billed by the hour ----

resource "aws_vpc_endpoint" "service" {
  for_each = toset(local.services)

  vpc_id              = aws_vpc.main.id
  vpc_endpoint_type   = "Interface"
  service_name        = "com.amazonaws.${data.aws_region.current.region}.${each.key}"
  subnet_ids          = aws_subnet.private[*].id
  security_group_ids  = [aws_security_group.endpoints[0].id]
  private_dns_enabled = true

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_security_group" "endpoints" {
  count = local.endpoints

  name        = "${var.name}-endpoints"
  description = "VPC endpoints: HTTPS from nodes"
  vpc_id      = aws_vpc.main.id
}

resource "aws_vpc_security_group_ingress_rule" "endpoints_from_nodes" {
  count = local.endpoints

  security_group_id            = aws_security_group.endpoints[0].id
  description                  = "HTTPS from nodes"
  referenced_security_group_id = aws_security_group.nodes.id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

# ---- Nodes ----

resource "aws_security_group" "nodes" {
  name        = "${var.name}-nodes"
  description = "Nodes of jobs: everything among themselves, nothing from elsewhere"
  vpc_id      = aws_vpc.main.id

  tags = { Name = "${var.name}-nodes" }
}

# MPI and pulse-node's sshd choose their ports themselves.
resource "aws_vpc_security_group_ingress_rule" "nodes_from_nodes" {
  security_group_id            = aws_security_group.nodes.id
  description                  = "All from nodes"
  referenced_security_group_id = aws_security_group.nodes.id
  ip_protocol                  = "-1"
}

resource "aws_vpc_security_group_egress_rule" "nodes_to_nodes" {
  security_group_id            = aws_security_group.nodes.id
  description                  = "All to nodes"
  referenced_security_group_id = aws_security_group.nodes.id
  ip_protocol                  = "-1"
}

resource "aws_vpc_security_group_egress_rule" "nodes_to_s3" {
  security_group_id = aws_security_group.nodes.id
  description       = "HTTPS to S3"
  prefix_list_id    = aws_vpc_endpoint.s3.prefix_list_id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "nodes_to_https" {
  count = local.nat

  security_group_id = aws_security_group.nodes.id
  description       = "HTTPS to AWS and to image registries"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "nodes_to_endpoints" {
  count = local.endpoints

  security_group_id            = aws_security_group.nodes.id
  description                  = "HTTPS to VPC endpoints"
  referenced_security_group_id = aws_security_group.endpoints[0].id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}
