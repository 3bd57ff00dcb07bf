"""Token authentication: one query finds a valid token by its digest, with its user."""

from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from knox.crypto import hash_token
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed

from accounts.models import User


class TokenAuthentication(KnoxTokenAuthentication):
    """Reads `Authorization: Token …`. Knox's own look-up also deletes expired tokens, so a read would write."""

    def authenticate_credentials(self, token: bytes) -> tuple[User, AuthToken]:
        if not token.isalnum():  # no token, and perhaps not even text
            raise AuthenticationFailed("Invalid token.")
        valid = AuthToken.objects.select_related("user").filter(expiry__gt=timezone.now())
        auth = valid.filter(digest=hash_token(token.decode())).first()
        if auth is None:
            raise AuthenticationFailed("Invalid token.")
        return self.validate_user(auth)


class TokenScheme(OpenApiAuthenticationExtension):
    """Tells OpenAPI how the token is sent."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token …`, from auth/login/.",
        }
