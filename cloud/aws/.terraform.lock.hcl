# The provider that the files were checked against. `terraform init` adds its hashes.
provider "registry.terraform.io/hashicorp/aws" {
  version     = "6.25.0"
  constraints = "~> 6.0"
}
