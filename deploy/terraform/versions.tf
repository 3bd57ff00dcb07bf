# Harrison on AWS: docs/deploy.md says in which order. Secrets are not here, and not in the state.

terraform {
  required_version = ">= 1.6"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.25"
    }
  }

  # Which bucket keeps the state is said at `terraform init -backend-config=…`.
  backend "s3" {
    encrypt = true
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = { project = var.name }
  }
}

data "aws_caller_identity" "this" {}

data "aws_availability_zones" "here" {
  state = "available"
}

locals {
  account    = data.aws_caller_identity.this.account_id
  zones      = slice(data.aws_availability_zones.here.names, 0, 2)
  colours    = toset(["blue", "green"])
  parameters = "arn:aws:ssm:${var.region}:${local.account}:parameter/${var.name}"
  secrets = toset([
    "HARRISON_SECRET_KEY",
    "HARRISON_PROJECT_KEY",
    "HARRISON_IDENTITY_KEYS",
    "DATABASE_URL",
    "HARRISON_S3_ACCESS_KEY",
    "HARRISON_S3_SECRET_KEY",
  ])
}
