from django.apps import AppConfig


class DiseaseConfig(AppConfig):
    name = "disease"
    verbose_name = "What labels mean"
