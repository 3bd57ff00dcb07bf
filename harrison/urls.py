"""Every address of Harrison."""

from typing import Any

from django.contrib import admin
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.routers import APIRootView, DefaultRouter

from accounts.views import LoginView, LogoutAllView, LogoutView, MeView, TeamViewSet
from disease.fhir import Expand, Lookup, Translate
from disease.views import CodeSystemViewSet, CodeViewSet, MappingViewSet
from events.views import EventViewSet
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

    @extend_schema(operation_id="root", responses={200: dict[str, str]})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        answer = super().get(request, *args, **kwargs)
        answer.data |= {name: reverse(name, request=request) for name in SINGLE}
        return answer


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

v1 = [
    path("auth/login/", LoginView.as_view(), name="login"),
    path("auth/logout/", LogoutView.as_view(), name="logout"),
    path("auth/logout-all/", LogoutAllView.as_view(), name="logout-all"),
    path("me/", MeView.as_view(), name="me"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("fhir/CodeSystem/$lookup", Lookup.as_view(), name="fhir-lookup"),
    path("fhir/ConceptMap/$translate", Translate.as_view(), name="fhir-translate"),
    path("fhir/ValueSet/$expand", Expand.as_view(), name="fhir-expand"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    *router.urls,
]

urlpatterns = [
    path("", RedirectView.as_view(url="/api/v1/")),
    path("api/v1/", include(v1)),
    path("api/session/", include("rest_framework.urls")),
    path("admin/", admin.site.urls),
    path("favicon.ico", lambda request: redirect(static("harrison/icon.svg"))),
]

handler400 = "core.error_pages.bad_request"
handler403 = "core.error_pages.permission_denied"
handler404 = "core.error_pages.not_found"
handler500 = "core.error_pages.server_error"
