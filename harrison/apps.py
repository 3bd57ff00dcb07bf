from django.apps import AppConfig
from django.contrib.admin import apps as django_admin


class AdminConfig(django_admin.AdminConfig):
    """Django's admin with our own start page."""

    default = False
    default_site = "harrison.admin.Site"


class HarrisonConfig(AppConfig):
    name = "harrison"

    def ready(self) -> None:
        from harrison import checks  # noqa: F401 - registers them
