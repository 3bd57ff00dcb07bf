# The instances: one service of each colour. Terraform makes them; deploy/release changes what they run and how many there are.

resource "aws_ecr_repository" "this" {
  name                 = var.name
  image_tag_mutability = "IMMUTABLE"

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = aws_kms_key.this.arn
  }
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/${var.name}"
  retention_in_days = 365
  kms_key_id        = aws_kms_key.this.arn
}

resource "aws_ecs_cluster" "this" {
  name = var.name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 2048
  memory                   = 8192
  execution_role_arn       = aws_iam_role.starter.arn
  task_role_arn            = aws_iam_role.instance.arn

  # All begin empty with each instance: rows are in RDS, files in S3.
  dynamic "volume" {
    for_each = toset(["data", "tmp", "sockets", "bodies"])

    content {
      name = volume.key
    }
  }

  # One image, three containers: quick answers, uploads, and nginx, which the balancer asks.
  container_definitions = jsonencode([
    merge(local.harrison, {
      name         = "web"
      command      = ["serve", "--socket", "/run/harrison/web.sock", "--metrics-host", "0.0.0.0", "--metrics-port", "9100"]
      portMappings = [{ containerPort = 9100 }]
      healthCheck  = merge(local.health_check, { command = ["CMD", "python", "-m", "harrison.health", "/run/harrison/web.sock"] })
    }),
    merge(local.harrison, {
      name = "uploads"
      command = [
        "serve", "--socket", "/run/harrison/uploads.sock", "--workers", "2", "--threads", "12",
        "--metrics-host", "0.0.0.0", "--metrics-port", "9101",
      ]
      portMappings = [{ containerPort = 9101 }]
      healthCheck  = merge(local.health_check, { command = ["CMD", "python", "-m", "harrison.health", "/run/harrison/uploads.sock"] })
    }),
    merge(local.container, {
      name         = "nginx"
      entryPoint   = ["nginx"]
      command      = ["-e", "stderr", "-c", "/srv/harrison/deploy/nginx/behind-balancer.conf", "-g", "daemon off;"]
      portMappings = [{ containerPort = 8080 }]
      healthCheck  = merge(local.health_check, { command = ["CMD", "python", "-m", "harrison.health", "8080"] })
      dependsOn    = [for name in ["web", "uploads"] : { containerName = name, condition = "HEALTHY" }]
    }),
  ])
}

locals {
  container = {
    image                  = var.image
    essential              = true
    readonlyRootFilesystem = true
    user                   = "10001:10001"
    stopTimeout            = 120
    mountPoints = [
      { sourceVolume = "data", containerPath = "/var/lib/harrison" },
      { sourceVolume = "tmp", containerPath = "/tmp" },
      { sourceVolume = "sockets", containerPath = "/run/harrison" },
      { sourceVolume = "bodies", containerPath = "/var/cache/harrison" },
    ]
    linuxParameters = { capabilities = { drop = ["ALL"] }, initProcessEnabled = true }
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.this.name
        awslogs-region        = var.region
        awslogs-stream-prefix = "harrison"
      }
    }
  }

  harrison = merge(local.container, {
    environment = [for name, value in local.settings : { name = name, value = value }]
    secrets     = [for name in local.secrets : { name = name, valueFrom = "${local.parameters}/${name}" }]
  })

  health_check = {
    interval    = 10
    timeout     = 5
    retries     = 3
    startPeriod = 60
  }
}

locals {
  settings = {
    HARRISON_PRODUCTION      = "true"
    HARRISON_ALLOWED_HOSTS   = var.host
    HARRISON_TRUSTED_ORIGINS = "https://${var.host}"
    HARRISON_PROXIES         = "1"
    HARRISON_INSTANCES       = tostring(var.instances)
    HARRISON_STORAGE         = "s3"
    HARRISON_S3_BUCKET       = aws_s3_bucket.this.bucket
    HARRISON_S3_ENDPOINT     = "https://s3.${var.region}.amazonaws.com"
    HARRISON_S3_REGION       = var.region
    HARRISON_S3_ENCRYPTION   = "none" # the bucket encrypts under our key by itself
  }
}

resource "aws_ecs_service" "colour" {
  for_each                          = local.colours
  name                              = each.key
  cluster                           = aws_ecs_cluster.this.id
  task_definition                   = aws_ecs_task_definition.this.arn
  launch_type                       = "FARGATE"
  desired_count                     = each.key == "blue" ? var.instances : 0
  health_check_grace_period_seconds = 60

  network_configuration {
    subnets         = aws_subnet.private[*].id
    security_groups = [aws_security_group.instances.id]
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.colour[each.key].arn
    container_name   = "nginx"
    container_port   = 8080
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  lifecycle {
    ignore_changes = [task_definition, desired_count]
  }

  depends_on = [aws_lb_listener.live, aws_lb_listener.idle]
}
