"""Three operations of FHIR R4's terminology module over the same tables, for clients that speak it.

https://hl7.org/fhir/R4/terminology-service.html: `CodeSystem/$lookup`, `ConceptMap/$translate`, `ValueSet/$expand`.
Answers are `Parameters` or `ValueSet` resources; an error is an `OperationOutcome`.
"""

import re
from typing import Any
from uuid import uuid5

from django.utils import timezone
from drf_orjson_renderer.renderers import ORJSONRenderer
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.errors import as_api_exception, describe_error
from core.filters import refuse_parameters
from disease.models import Code, CodeMapping, CodeSystem

ISSUES = {400: "invalid", 401: "login", 403: "forbidden", 404: "not-found", 405: "not-supported"}
SERVER_ERROR = "Something failed on our side. The request id finds it in the log."
OBJECT = OpenApiTypes.OBJECT
Resource = dict[str, object]
STANDARD_PARAMETERS = {"_format", "format"}  # https://hl7.org/fhir/R4/http.html#parameters
EVERY_CODE = "?fhir_vs"  # the implicit value set of a whole code system


class FHIRRenderer(ORJSONRenderer):
    media_type = "application/fhir+json"
    format = "fhir"


class Operation(APIView):
    """An operation of the terminology service: GET, with its parameters in the query."""

    permission_classes = (IsAuthenticated,)
    renderer_classes = (FHIRRenderer, ORJSONRenderer)

    parameters: frozenset[str] = frozenset({"system", "code"})

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method == "GET":  # a type-ahead sends an empty `filter` before anything is typed
            refuse_parameters(request, self.parameters | STANDARD_PARAMETERS, allow_empty=True)

    def handle_exception(self, exc: Exception) -> Response:
        error = as_api_exception(exc)
        response = super().handle_exception(exc)
        sentence = describe_error(error)["detail"] if error else SERVER_ERROR
        response.data = operation_outcome(ISSUES.get(response.status_code, "exception"), sentence)
        return response

    def required_parameter(self, name: str) -> str:
        value = self.request.query_params.get(name, "")
        if not value or "\0" in value:
            raise exceptions.ParseError(f"The parameter {name} is needed.")
        return value


def query_parameter(name: str, description: str, *, required: bool = True) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.QUERY, required=required, description=description)


SYSTEM = query_parameter("system", "The code system's URI, e.g. http://hl7.org/fhir/sid/icd-10-cm.")
CODE = query_parameter("code", "The code, e.g. J18.9.")


class Lookup(Operation):
    """Answers what a code means: its display, its version, and its parent."""

    @extend_schema(
        operation_id="fhir_lookup", summary="Look up a code (FHIR)", parameters=[SYSTEM, CODE], responses={200: OBJECT}
    )
    def get(self, request: Request) -> Response:
        code = find_code(self.required_parameter("system"), self.required_parameter("code"))
        properties = [
            make_parameter("name", "String", code.system.title),
            make_parameter("version", "String", code.system.release),
            make_parameter("display", "String", code.title),
            property_parameter("inactive", "Boolean", code.valid_to is not None),
            property_parameter("notSelectable", "Boolean", not code.assignable),
        ]
        if code.parent:
            properties.append(property_parameter("parent", "Code", code.parent.code))
        return Response(parameters_resource(properties))


class Translate(Operation):
    """Translates a code to the other system, by the General Equivalence Mappings."""

    parameters = frozenset({"system", "code", "targetsystem"})

    target = query_parameter("targetsystem", "URI of the system to translate to; otherwise any.", required=False)

    @extend_schema(
        operation_id="fhir_translate",
        summary="Translate a code (FHIR)",
        parameters=[SYSTEM, CODE, target],
        responses={200: OBJECT},
    )
    def get(self, request: Request) -> Response:
        code = find_code(self.required_parameter("system"), self.required_parameter("code"))
        links = (
            code.mappings.filter(no_map=False)
            .select_related("target__system")
            .order_by("scenario", "choice_list", "id")
        )
        if request.query_params.get("targetsystem"):
            links = links.filter(target__system=newest_release(self.required_parameter("targetsystem")))
        matches = [describe_match(link, link.target) for link in links if link.target]
        return Response(parameters_resource([make_parameter("result", "Boolean", bool(matches)), *matches]))


class Expand(Operation):
    """Lists the codes of a system that match a filter, best first; `url` is the system's URI followed by `?fhir_vs`."""

    parameters = frozenset({"url", "filter", "count"})

    url = query_parameter("url", "e.g. http://hl7.org/fhir/sid/icd-10-cm?fhir_vs")
    filter = query_parameter(
        "filter", "Up to 8 words that begin words of code or title; 200 characters.", required=False
    )
    count = query_parameter("count", "At most so many, 0 to 1000 (100).", required=False)

    @extend_schema(
        operation_id="fhir_expand",
        summary="Search codes (FHIR)",
        parameters=[url, filter, count],
        responses={200: OBJECT},
    )
    def get(self, request: Request) -> Response:
        url = self.required_parameter("url")
        system = newest_release(url.removesuffix(EVERY_CODE))
        codes = Code.objects.live().filter(system=system, valid_to__isnull=True)
        text = request.query_params.get("filter", "").replace("\0", " ")
        try:
            matches = codes.matching(text) if text else codes.order_by("position")
        except ValueError as exc:
            raise exceptions.ParseError(f"The parameter filter: {exc}") from exc
        codings = [coding(code, system) for code in matches[: self.count_parameter()]]
        return Response(value_set(url, system, codings, text))

    def count_parameter(self) -> int:
        text = self.request.query_params.get("count", "100")
        if not re.fullmatch(r"\d{1,4}", text, re.ASCII) or int(text) > 1000:
            raise exceptions.ParseError("The parameter count is a whole number from 0 to 1000.")
        return int(text)


def newest_release(uri: str) -> CodeSystem:
    system = CodeSystem.objects.live().filter(uri=uri).exclude(uri="").order_by("-id").first()
    if system is None:
        raise exceptions.NotFound("There is no such code system here.")
    return system


def find_code(uri: str, code: str) -> Code:
    match = Code.objects.filter(system=newest_release(uri), code=code).select_related("system", "parent").first()
    if match is None:
        raise exceptions.NotFound("There is no such code in this system.")
    return match


def parameters_resource(parameters: list[Resource]) -> Resource:
    return {"resourceType": "Parameters", "parameter": parameters}


def make_parameter(name: str, kind: str, value: object) -> Resource:
    return {"name": name, f"value{kind}": value}


def property_parameter(name: str, kind: str, value: object) -> Resource:
    return {"name": "property", "part": [make_parameter("code", "Code", name), make_parameter("value", kind, value)]}


def describe_match(link: CodeMapping, target: Code) -> Resource:
    """ConceptMapEquivalence (R4): the source is wider than its target if only several targets together mean it."""
    exactness = "inexact" if link.approximate else "equivalent"
    equivalence = make_parameter("equivalence", "Code", "narrower" if link.combination else exactness)
    return {"name": "match", "part": [equivalence, make_parameter("concept", "Coding", coding(target, target.system))]}


def coding(code: Code, system: CodeSystem) -> Resource:
    return {"system": system.uri, "version": system.release, "code": code.code, "display": code.title}


def value_set(url: str, system: CodeSystem, codings: list[Resource], text: str) -> Resource:
    expansion = {
        "identifier": f"urn:uuid:{uuid5(system.id, text)}",
        "timestamp": timezone.now().isoformat(),
        "contains": codings,
    }
    return {"resourceType": "ValueSet", "url": url, "status": "active", "expansion": expansion}


def operation_outcome(kind: str, sentence: str) -> Resource:
    issue = {"severity": "error", "code": kind, "diagnostics": sentence}
    return {"resourceType": "OperationOutcome", "issue": [issue]}
