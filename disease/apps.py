from django.apps import AppConfig


class DiseaseConfig(AppConfig):
    name = "disease"
    verbose_name = "Vocabulary"
