"""Token authentication in one query: the token by its digest, whose it is, and their roles."""

from typing import Any

from django.db.models import F
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from knox.crypto import hash_token
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed

from accounts.models import roles_of


class TokenAuthentication(KnoxTokenAuthentication):
    """`Authorization: Token …`; knox keeps a digest only and ends a token after ten hours."""

    def authenticate_credentials(self, token: bytes) -> Any:
        if not token.isalnum():  # other bytes cannot be a token, and perhaps no text either
            raise AuthenticationFailed("Invalid token.")
        named = AuthToken.objects.filter(digest=hash_token(token.decode()), expiry__gt=timezone.now())
        rows = named.select_related("user").annotate(group=F("user__groups__name"))  # a row for each group
        if not rows:
            raise AuthenticationFailed("Invalid token.")
        user, auth = self.validate_user(rows[0])
        user.roles = roles_of(user, [row.group for row in rows])
        return user, auth


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
