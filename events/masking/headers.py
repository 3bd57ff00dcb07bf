"""Mask the headers of a request. Their names are listed here; a header with another name is counted, not named."""

import re
from collections.abc import Callable, Mapping

from django.conf import settings
from django.conf.locale import LANG_INFO
from django.http.request import split_domain_port, validate_host

from core.masking import Masked, mask_value
from events.masking.values import fill

MAX_BYTES = 1600  # as JSON; with MAX_BYTES of the query, an event stays under 4 kB

NAMES = frozenset({
    "accept", "accept-charset", "accept-encoding", "accept-language", "authorization", "cache-control", "connection",
    "content-encoding", "content-language", "content-length", "content-type", "cookie", "date", "dnt", "expect",
    "forwarded", "from", "host", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since",
    "keep-alive", "max-forwards", "origin", "pragma", "priority", "proxy-authorization", "range", "referer",
    "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site", "sec-fetch-user", "sec-gpc", "te", "traceparent",
    "transfer-encoding", "upgrade", "upgrade-insecure-requests", "user-agent", "via", "x-csrftoken", "x-forwarded-for",
    "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "x-reason", "x-request-id", "x-requested-with",
})  # fmt: skip
MEDIA_TYPES = frozenset({
    "*/*", "application/*", "application/dicom", "application/dicom+json", "application/fhir+json", "application/json",
    "application/octet-stream", "application/vnd.oai.openapi", "application/x-ndjson",
    "application/x-www-form-urlencoded", "application/xhtml+xml", "application/xml", "application/zip", "image/*",
    "image/apng", "image/avif", "image/jpeg", "image/png", "image/svg+xml", "image/webp", "multipart/form-data",
    "multipart/related", "text/*", "text/css", "text/csv", "text/html", "text/plain",
})  # fmt: skip
ENCODINGS = frozenset({"*", "br", "deflate", "gzip", "identity", "zstd"})
PRODUCTS = frozenset({
    "aiohttp", "apache-httpclient", "applewebkit", "axios", "chrome", "curl", "dicomweb-client", "edg", "firefox",
    "gecko", "go-http-client", "headlesschrome", "httpie", "httpx", "java", "mobile", "mozilla", "node-fetch", "ohif",
    "okhttp", "opr", "orthanc", "postmanruntime", "python", "python-httpx", "python-requests", "python-urllib",
    "safari", "slicer", "urllib3", "version", "weasis", "wget",
})  # fmt: skip


def mask_headers(headers: Mapping[str, str]) -> Masked:
    """Return the headers with a listed name, and how many others there were."""
    items = ((name, mask_header(name.lower(), value)) for name, value in headers.items() if name.lower() in NAMES)
    return fill(items, total=len(headers), max_bytes=MAX_BYTES)


def mask_header(name: str, value: str) -> object:
    """Return the plain part of a header that says how a client speaks, or the masked value."""
    plain = PLAIN[name](value) if name in PLAIN else ""
    return plain or mask_value(value)


def plain_list(listed: frozenset[str], value: str) -> str:
    """Return the listed items of a header without their parameters, such as `application/json, ?`."""
    items = (item.split(";")[0].strip().lower() for item in value.split(",")[:10])
    return ", ".join(item if item in listed else "?" for item in items)


def plain_host(value: str) -> str:
    """Return the host if it is one of ours."""
    host, _ = split_domain_port(value)
    ours = [name for name in settings.ALLOWED_HOSTS if name != "*"]
    return host if host and validate_host(host, ours) else ""


def plain_length(value: str) -> str:
    return value if value.isascii() and value.isdigit() and len(value) <= 12 else ""


def plain_version(value: str) -> str:
    """Return an `If-Match` that names one version of a row, or any."""
    return value if re.fullmatch(r'\*|"[0-9]{1,5}"', value) else ""


def plain_products(value: str) -> str:
    """Return the listed programs of a User-Agent with their major versions, such as `Mozilla/5 Chrome/131`."""
    products = re.findall(r"([A-Za-z][A-Za-z0-9_-]*)/([0-9]{1,3})(?![0-9])", value)
    return " ".join(f"{name}/{major}" for name, major in products if name.lower() in PRODUCTS)


PLAIN: dict[str, Callable[[str], str]] = {
    "accept": lambda value: plain_list(MEDIA_TYPES, value),
    "accept-encoding": lambda value: plain_list(ENCODINGS, value),
    "accept-language": lambda value: plain_list(frozenset(LANG_INFO), re.sub(r"-\w+", "", value)),
    "content-length": plain_length,
    "content-type": lambda value: plain_list(MEDIA_TYPES, value),
    "host": plain_host,
    "if-match": plain_version,
    "user-agent": plain_products,
}
