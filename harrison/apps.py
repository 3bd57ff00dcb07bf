from django.apps import AppConfig


class HarrisonConfig(AppConfig):
    name = "harrison"

    def ready(self) -> None:
        from harrison import checks  # noqa: F401 - registers them
