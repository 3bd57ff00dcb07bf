"""Every address of Harrison."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.routers import APIRootView, DefaultRouter
from rest_framework.views import APIView

from accounts.views import LoginView, LogoutAllView, LogoutView, MeView, TeamViewSet
from disease.fhir import Expand, Lookup, Translate
from disease.views import CodeSystemViewSet, CodeViewSet, MappingViewSet
from events.views import AccessReportViewSet, EventViewSet
from imagery.views import PatientViewSet, SeriesViewSet
from label.views import (
    AnnotatedImageViewSet,
    AnnotatedStudyViewSet,
    AnnotationViewSet,
    LabelledDiseaseViewSet,
    LabelViewSet,
)

SINGLE = (
    "login", "logout", "logout-all", "me", "schema", "docs", "fhir-lookup", "fhir-translate", "fhir-expand",
)  # fmt: skip


class Root(APIRootView):
    """Every endpoint of Harrison. Log in above, or with a token from auth/login/."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="root", summary="List the endpoints", responses={200: dict[str, str]})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        answer = super().get(request, *args, **kwargs)
        answer.data |= {name: reverse(name, request=request) for name in SINGLE}
        return answer


class BrowserLogin(APIView):
    """A page for signed-in people: a browser without a session is sent to the login and back, a program gets 401."""

    def handle_exception(self, exc: Exception) -> HttpResponseBase:  # type: ignore[override]  # of any response
        if isinstance(exc, NotAuthenticated) and "text/html" in self.request.headers.get("Accept", ""):
            return redirect_to_login(self.request.get_full_path())
        return super().handle_exception(exc)


class SchemaView(BrowserLogin, SpectacularAPIView):
    """The OpenAPI schema, as JSON by default: browsers show it."""

    renderer_classes = [OpenApiJsonRenderer2, OpenApiJsonRenderer, OpenApiYamlRenderer2, OpenApiYamlRenderer]


class DocumentationView(BrowserLogin, SpectacularSwaggerSplitView):
    """Swagger's pages of the schema."""


class Router(DefaultRouter):
    APIRootView = Root
    include_format_suffixes = False


router = Router(use_regex_path=False)
router.register("code-systems", CodeSystemViewSet, "code-system")
router.register("codes", CodeViewSet, "code")
router.register("mappings", MappingViewSet, "mapping")
router.register("diseases", LabelledDiseaseViewSet, "disease")
router.register("labels", LabelViewSet, "label")
router.register("patients", PatientViewSet, "patient")
router.register("studies", AnnotatedStudyViewSet, "study")
router.register("series", SeriesViewSet, "series")
router.register("images", AnnotatedImageViewSet, "image")
router.register("annotations", AnnotationViewSet, "annotation")
router.register("teams", TeamViewSet, "team")
router.register("events", EventViewSet, "event")

AccessReportView = AccessReportViewSet.as_view({"get": "list"})

v1 = [
    path("auth/login/", LoginView.as_view(), name="login"),
    path("auth/logout/", LogoutView.as_view(), name="logout"),
    path("auth/logout-all/", LogoutAllView.as_view(), name="logout-all"),
    path("me/", MeView.as_view(), name="me"),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("fhir/CodeSystem/$lookup", Lookup.as_view(), name="fhir-lookup"),
    path("fhir/ConceptMap/$translate", Translate.as_view(), name="fhir-translate"),
    path("fhir/ValueSet/$expand", Expand.as_view(), name="fhir-expand"),
    path("patients/<uuid:pk>/access-report/", AccessReportView, name="patient-access-report"),
    path("docs/", DocumentationView.as_view(url_name="schema"), name="docs"),
    *router.urls,
]

urlpatterns = [
    path("", RedirectView.as_view(url="/api/v1/", http_method_names=["get", "head"])),
    path("api/v1/", include(v1)),
    path("api/session/", include("rest_framework.urls")),
    path("admin/", admin.site.urls),
    path("favicon.ico", lambda request: redirect(static("harrison/icon.svg"))),
]

handler400 = "core.error_pages.bad_request"
handler403 = "core.error_pages.permission_denied"
handler404 = "core.error_pages.not_found"
handler500 = "core.error_pages.server_error"
