variable "region" {
  description = "Where it runs, e.g. eu-central-1. Patients' data stays there."
  type        = string
}

variable "name" {
  description = "What everything is called; the folder of the parameters in the Parameter Store."
  type        = string
  default     = "harrison"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,20}$", var.name))
    error_message = "The name has 3 to 21 small letters, digits and dashes, and begins with a letter."
  }
}

variable "host" {
  description = "The name people use, e.g. harrison.example; its certificate covers it."
  type        = string
}

variable "certificate" {
  description = "ARN of the certificate in ACM."
  type        = string
}

variable "image" {
  description = "The image that a first start runs; later ones come by deploy/release."
  type        = string

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "Name the image by its digest (…@sha256:…): a tag may move."
  }
}

variable "instances" {
  description = "How many instances the live colour has."
  type        = number
  default     = 2

  validation {
    condition     = var.instances >= 2
    error_message = "Two or more: one alone takes Harrison down with it."
  }
}

variable "let_in" {
  description = "Networks that reach Harrison, e.g. the hospital's."
  type        = list(string)
}

variable "let_in_to_test" {
  description = "Networks that reach the idle colour on port 8443 for smoke tests."
  type        = list(string)
}

variable "repository" {
  description = "The repository on GitHub whose pipeline may release, as owner/name; this or gitlab_project."
  type        = string
  default     = ""
}

variable "gitlab_project" {
  description = "The project on GitLab whose pipeline may release, as group/name; this or repository."
  type        = string
  default     = ""
}

variable "gitlab_host" {
  description = "Where that GitLab is."
  type        = string
  default     = "gitlab.com"
}

variable "database_class" {
  description = "The size of the database's machines."
  type        = string
  default     = "db.m7g.large"
}

variable "network" {
  description = "The addresses inside, a /16."
  type        = string
  default     = "10.40.0.0/16"
}
