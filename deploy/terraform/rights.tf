# Who may do what in AWS. An instance itself may do nothing; its bytes go to S3 by a user that can reach that bucket alone.

data "aws_iam_policy_document" "tasks" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

resource "aws_iam_role" "instance" {
  name               = "${var.name}-instance"
  assume_role_policy = data.aws_iam_policy_document.tasks.json
}

# Starts instances: fetches the image, reads the secrets, writes logs.
resource "aws_iam_role" "starter" {
  name               = "${var.name}-starter"
  assume_role_policy = data.aws_iam_policy_document.tasks.json
}

data "aws_iam_policy_document" "starter" {
  statement {
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = [aws_ecr_repository.this.arn]
  }

  statement {
    actions   = ["ssm:GetParameters"]
    resources = [for name in local.secrets : "${local.parameters}/${name}"]
  }

  statement {
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.this.arn]
  }

  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.this.arn}:*"]
  }
}

resource "aws_iam_role_policy" "starter" {
  name   = "start"
  role   = aws_iam_role.starter.id
  policy = data.aws_iam_policy_document.starter.json
}

# Its access key is made by hand and goes straight into the Parameter Store, so that no state knows it.
resource "aws_iam_user" "storage" {
  name = "${var.name}-storage"
}

data "aws_iam_policy_document" "storage" {
  statement {
    actions   = ["s3:ListBucket", "s3:ListBucketMultipartUploads"]
    resources = [aws_s3_bucket.this.arn]
  }

  statement {
    actions = [
      "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts",
    ]
    resources = ["${aws_s3_bucket.this.arn}/*"]
  }

  statement {
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.this.arn]
  }

  statement {
    sid       = "OnlyFromInside"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = ["*"]

    condition {
      test     = "StringNotEquals"
      variable = "aws:SourceVpce"
      values   = [aws_vpc_endpoint.s3.id]
    }
  }
}

resource "aws_iam_user_policy" "storage" {
  name   = "bytes"
  user   = aws_iam_user.storage.name
  policy = data.aws_iam_policy_document.storage.json
}

# The pipeline, on GitHub or GitLab: pushes an image and turns the colours, from the main branch, and nothing else.
locals {
  on_github = { for name in compact([var.repository]) : "token.actions.githubusercontent.com" => "repo:${name}:environment:production" }
  on_gitlab = { for name in compact([var.gitlab_project]) : var.gitlab_host => "project_path:${name}:ref_type:branch:ref:main" }
  pipelines = merge(local.on_github, local.on_gitlab)
}

resource "aws_iam_openid_connect_provider" "pipeline" {
  for_each       = local.pipelines
  url            = "https://${each.key}"
  client_id_list = ["sts.amazonaws.com"]
}

data "aws_iam_policy_document" "pipeline" {
  for_each = local.pipelines

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.pipeline[each.key].arn]
    }

    condition {
      test     = "StringEquals"
      variable = "${each.key}:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "${each.key}:sub"
      values   = [each.value]
    }
  }
}

data "aws_iam_policy_document" "pipelines" {
  source_policy_documents = [for host in keys(local.pipelines) : data.aws_iam_policy_document.pipeline[host].json]
}

resource "aws_iam_role" "release" {
  name               = "${var.name}-release"
  assume_role_policy = data.aws_iam_policy_document.pipelines.json
}

data "aws_iam_policy_document" "release" {
  statement {
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    actions = [
      "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages",
      "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
    ]
    resources = [aws_ecr_repository.this.arn]
  }

  # These two know no narrower resource.
  statement {
    actions   = ["ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition"]
    resources = ["*"]
  }

  statement {
    actions   = ["ecs:DescribeServices", "ecs:UpdateService"]
    resources = [for service in aws_ecs_service.colour : service.id]
  }

  statement {
    actions   = ["ecs:RunTask"]
    resources = ["arn:aws:ecs:${var.region}:${local.account}:task-definition/${var.name}:*"]
  }

  statement {
    actions   = ["ecs:DescribeTasks"]
    resources = ["arn:aws:ecs:${var.region}:${local.account}:task/${var.name}/*"]
  }

  statement {
    actions   = ["elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeTargetHealth"]
    resources = ["*"]
  }

  statement {
    actions   = ["elasticloadbalancing:ModifyListener"]
    resources = [aws_lb_listener.live.arn, aws_lb_listener.idle.arn]
  }

  statement {
    actions   = ["iam:PassRole"]
    resources = [aws_iam_role.starter.arn, aws_iam_role.instance.arn]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "release" {
  name   = "release"
  role   = aws_iam_role.release.id
  policy = data.aws_iam_policy_document.release.json
}
