"""Pages of the browsable API for paths that only take POST."""

from typing import Any

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.browsable import BrowsableRenderer


class FormPage(APIView):
    """Show a browser the form of a path that only takes POST. A program gets 405."""

    def http_method_not_allowed(  # type: ignore[override]  # the request is that of Django REST framework
        self, request: Request, *args: Any, **kwargs: Any
    ) -> Response:
        is_browser = getattr(request.accepted_renderer, "format", "") == BrowsableRenderer.format
        if request.method != "GET" or not is_browser or "POST" not in self.allowed_methods:
            raise MethodNotAllowed(str(request.method))
        self.show_form(request)
        return Response({"detail": "Fill in the form below and send it with POST."})

    def show_form(self, request: Request) -> None:
        """Refuse a person who may not send the form."""
