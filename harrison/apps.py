from django.apps import AppConfig


class HarrisonConfig(AppConfig):
    name = "harrison"
