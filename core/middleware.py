"""Addresses end with a slash."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.common import CommonMiddleware
from rest_framework.permissions import SAFE_METHODS

from core.error_pages import error_page


class SlashMiddleware(CommonMiddleware):
    """Redirect to the address with its final slash only requests that change nothing; others are a 404 that names it.

    Clients repeat a redirected POST as a GET (RFC 9110 section 15.4.2): the change would be lost behind a 200.
    """

    def process_request(self, request: HttpRequest) -> HttpResponseBase | None:  # type: ignore[override]
        if request.method not in SAFE_METHODS and super().should_redirect_with_slash(request):
            sentence = f"There is no address {request.path}. Addresses end with a slash: use {request.path}/"
            return error_page(request, 404, sentence, "not_found")
        return super().process_request(request)

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        return request.method in SAFE_METHODS and super().should_redirect_with_slash(request)
