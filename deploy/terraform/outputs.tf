output "address" {
  description = "Where the name of Harrison must point (CNAME or alias)."
  value       = aws_lb.this.dns_name
}

output "database" {
  description = "Host of the database, for DATABASE_URL."
  value       = aws_db_instance.this.address
}

output "database_master" {
  description = "The secret with the master's password, for making Harrison's own role."
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}

output "registry" {
  description = "Where images are pushed."
  value       = aws_ecr_repository.this.repository_url
}

output "key" {
  description = "The key that parameters are encrypted under."
  value       = aws_kms_alias.this.name
}

output "storage_user" {
  description = "Whose access key Harrison uses for S3."
  value       = aws_iam_user.storage.name
}

output "release_role" {
  description = "The role that the pipeline takes on."
  value       = aws_iam_role.release.arn
}

output "release" {
  description = "What deploy/release needs in its environment."
  value = {
    CLUSTER        = aws_ecs_cluster.this.name
    LIVE_LISTENER  = aws_lb_listener.live.arn
    IDLE_LISTENER  = aws_lb_listener.idle.arn
    BLUE           = aws_lb_target_group.colour["blue"].arn
    GREEN          = aws_lb_target_group.colour["green"].arn
    SUBNETS        = join(",", aws_subnet.private[*].id)
    SECURITY_GROUP = aws_security_group.instances.id
    HOST           = var.host
    INSTANCES      = tostring(var.instances)
  }
}
