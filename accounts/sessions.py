"""Sessions in the database, each under the digest of its key: a stolen database opens no session."""

import hashlib
from typing import Any

from django.contrib.sessions.backends import db
from django.utils import timezone


class SessionStore(db.SessionStore):
    """Django's sessions. The cookie holds the key, the table its SHA-256."""

    def load(self) -> dict[str, Any]:
        rows = self.model.objects.filter(session_key=digest(self.session_key), expire_date__gt=timezone.now())
        if session := rows.first():
            return self.decode(session.session_data)
        self._session_key = None  # as in Django: a key that a client made up is never taken over
        return {}

    def exists(self, session_key: str | None) -> bool:
        return self.model.objects.filter(session_key=digest(session_key)).exists()

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        session = super().create_model_instance(data)
        session.session_key = digest(session.session_key)
        return session

    def delete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            self.model.objects.filter(session_key=digest(key)).delete()


def digest(session_key: str | None) -> str:
    """Return 40 hexadecimal digits, as many as the column holds: 160 bits of SHA-256."""
    return hashlib.sha256((session_key or "").encode()).hexdigest()[:40]
