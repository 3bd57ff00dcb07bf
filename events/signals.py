"""Notice failed logins at every door: the API, the session page and the admin all ask Django to authenticate."""

from collections.abc import Mapping
from contextvars import ContextVar

from django.contrib.auth.signals import user_login_failed
from django.dispatch import receiver

# The username of the failed login of this request, or "".
failed_login: ContextVar[str] = ContextVar("failed_login", default="")


@receiver(user_login_failed)
def note_failed_login(credentials: Mapping[str, object], **kwargs: object) -> None:
    failed_login.set(str(credentials.get("username", "")))
