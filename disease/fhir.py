"""Three operations of FHIR R4's terminology module over the same tables, for clients that speak it.

https://hl7.org/fhir/R4/terminology-service.html: `CodeSystem/$lookup`, `ConceptMap/$translate`, `ValueSet/$expand`.
Answers are `Parameters` or `ValueSet` resources; an error is an `OperationOutcome`.
"""

import re
from typing import Any
from uuid import uuid5

from django.utils import timezone
from drf_orjson_renderer.renderers import ORJSONRenderer
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.errors import as_api_exception
from disease.models import Code, CodeMapping, CodeSystem

ISSUES = {400: "invalid", 401: "login", 403: "forbidden", 404: "not-found", 405: "not-supported"}
SERVER_ERROR = "Something failed on our side. The request id finds it in the log."
EVERY_CODE = "?fhir_vs"  # the implicit value set of a whole code system


class FHIRRenderer(ORJSONRenderer):
    media_type = "application/fhir+json"
    format = "fhir"


class Operation(APIView):
    """An operation of the terminology service: GET, with its parameters in the query."""

    permission_classes = (IsAuthenticated,)
    renderer_classes = (FHIRRenderer, ORJSONRenderer)

    def handle_exception(self, exc: Exception) -> Response:
        known = as_api_exception(exc)
        answer = super().handle_exception(exc)
        answer.data = outcome(ISSUES.get(answer.status_code, "exception"), known)
        return answer

    def needed(self, name: str) -> str:
        value = self.request.query_params.get(name, "")
        if not value or "\0" in value:
            raise exceptions.ParseError(f"The parameter {name} is needed.")
        return value


def query(name: str, meaning: str, *, required: bool = True) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.QUERY, required=required, description=meaning)


SYSTEM = query("system", "The code system's URI, e.g. http://hl7.org/fhir/sid/icd-10-cm.")
CODE = query("code", "The code, e.g. J18.9.")


class Lookup(Operation):
    """What a code means: its display, its version, and its parent."""

    @extend_schema(operation_id="fhir_lookup", parameters=[SYSTEM, CODE], responses={200: dict[str, Any]})
    def get(self, request: Request) -> Response:
        code = find(self.needed("system"), self.needed("code"))
        told = [
            parameter("name", "String", code.system.title),
            parameter("version", "String", code.system.release),
            parameter("display", "String", code.title),
            prop("inactive", "Boolean", code.valid_to is not None),
            prop("notSelectable", "Boolean", not code.assignable),
        ]
        if code.parent:
            told.append(prop("parent", "Code", code.parent.code))
        return Response(parameters(told))


class Translate(Operation):
    """What a code becomes in the other system, by the General Equivalence Mappings."""

    target = query("targetsystem", "The URI of the system to translate to; otherwise any.", required=False)

    @extend_schema(operation_id="fhir_translate", parameters=[SYSTEM, CODE, target], responses={200: dict[str, Any]})
    def get(self, request: Request) -> Response:
        code = find(self.needed("system"), self.needed("code"))
        links = (
            code.mappings.filter(no_map=False)
            .select_related("target__system")
            .order_by("scenario", "choice_list", "id")
        )
        if request.query_params.get("targetsystem"):
            links = links.filter(target__system=newest(self.needed("targetsystem")))
        matches = [match(link) for link in links]
        return Response(parameters([parameter("result", "Boolean", bool(matches)), *matches]))


class Expand(Operation):
    """The codes of a system that match a filter, best first; `url` is the system's URI with `?fhir_vs` behind it."""

    url = query("url", "e.g. http://hl7.org/fhir/sid/icd-10-cm?fhir_vs")
    filter = query("filter", "Words that begin words of code or title.", required=False)
    count = query("count", "At most so many, 0 to 1000 (100).", required=False)

    @extend_schema(operation_id="fhir_expand", parameters=[url, filter, count], responses={200: dict[str, Any]})
    def get(self, request: Request) -> Response:
        url = self.needed("url")
        system = newest(url.removesuffix(EVERY_CODE))
        codes = Code.objects.live().filter(system=system, valid_to__isnull=True)
        text = request.query_params.get("filter", "").replace("\0", " ")
        found = codes.matching(text) if text else codes.order_by("position")
        shown = [concept(code, system) for code in found[: self.wanted()]]
        return Response(value_set(url, system, shown, text))

    def wanted(self) -> int:
        text = self.request.query_params.get("count", "100")
        if not re.fullmatch(r"\d{1,4}", text, re.ASCII) or int(text) > 1000:
            raise exceptions.ParseError("The parameter count is a whole number from 0 to 1000.")
        return int(text)


def newest(uri: str) -> CodeSystem:
    system = CodeSystem.objects.live().filter(uri=uri).exclude(uri="").order_by("-id").first()
    if system is None:
        raise exceptions.NotFound("There is no such code system here.")
    return system


def find(uri: str, code: str) -> Code:
    found = Code.objects.filter(system=newest(uri), code=code).select_related("system", "parent").first()
    if found is None:
        raise exceptions.NotFound("There is no such code in this system.")
    return found


def parameters(told: list[dict[str, Any]]) -> dict[str, Any]:
    return {"resourceType": "Parameters", "parameter": told}


def parameter(name: str, kind: str, value: Any) -> dict[str, Any]:
    return {"name": name, f"value{kind}": value}


def prop(name: str, kind: str, value: Any) -> dict[str, Any]:
    return {"name": "property", "part": [parameter("code", "Code", name), parameter("value", kind, value)]}


def match(link: CodeMapping) -> dict[str, Any]:
    """ConceptMapEquivalence (R4): one of several that together mean the source is wider than its target."""
    exactness = "inexact" if link.approximate else "equivalent"
    equivalence = "narrower" if link.combination else exactness
    target: Any = link.target  # there is one: rows without a map are left out
    coding = concept(target, target.system)
    return {
        "name": "match",
        "part": [parameter("equivalence", "Code", equivalence), parameter("concept", "Coding", coding)],
    }


def concept(code: Code, system: CodeSystem) -> dict[str, Any]:
    return {"system": system.uri, "version": system.release, "code": code.code, "display": code.title}


def value_set(url: str, system: CodeSystem, shown: list[dict[str, Any]], text: str) -> dict[str, Any]:
    expansion = {
        "identifier": f"urn:uuid:{uuid5(system.id, text)}",
        "timestamp": timezone.now().isoformat(),
        "contains": shown,
    }
    return {"resourceType": "ValueSet", "url": url, "status": "active", "expansion": expansion}


def outcome(kind: str, known: exceptions.APIException | None) -> dict[str, Any]:
    detail = str(known.detail) if known is not None else SERVER_ERROR
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": kind, "diagnostics": detail}]}
