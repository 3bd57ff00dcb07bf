"""Token authentication in one query: the token by its digest, whose it is, and their roles."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import CharField, DateTimeField
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from knox.crypto import hash_token
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed

from accounts.models import User, roles_of
from core.prepared import Given, Prepared

TOKEN = [field.attname for field in AuthToken._meta.concrete_fields]
USER = [field.attname for field in User._meta.concrete_fields]
# A row for each group that the user is in, and one for whoever is in none.
named = Prepared(
    lambda: AuthToken.objects.filter(
        digest=Given("digest", CharField()), expiry__gt=Given("now", DateTimeField())
    ).values_list(*TOKEN, *(f"user__{name}" for name in USER), "user__groups__name")
)


class TokenAuthentication(KnoxTokenAuthentication):
    """`Authorization: Token …`; knox keeps a digest only and ends a token after ten hours."""

    def authenticate_credentials(self, token: bytes) -> Any:
        if not token.isalnum():  # other bytes cannot be a token, and perhaps no text either
            raise AuthenticationFailed("Invalid token.")
        rows = named.ask(digest=hash_token(token.decode()), now=timezone.now())
        if not rows:
            raise AuthenticationFailed("Invalid token.")
        user, auth = self.validate_user(held(rows[0]))
        user.roles = roles_of(user, [row[-1] for row in rows])
        return user, auth


def held(row: tuple[Any, ...]) -> AuthToken:
    """The token of a row, with its user."""
    auth = AuthToken.from_db(DEFAULT_DB_ALIAS, TOKEN, row[: len(TOKEN)])
    auth.user = User.from_db(DEFAULT_DB_ALIAS, USER, row[len(TOKEN) : -1])
    return auth


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
