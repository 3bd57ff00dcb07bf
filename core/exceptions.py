"""The errors that actions and views raise; each names its HTTP status, its code and one sentence for the user."""

from rest_framework import status
from rest_framework.exceptions import APIException


class Conflict(APIException):
    """Refuse an action that the current state of an object does not allow."""

    status_code: int = status.HTTP_409_CONFLICT
    default_detail = "This conflicts with the current state of the object."
    default_code = "conflict"


class InvalidInput(Conflict):
    """Refuse an input, with a reason code, the field at fault and the HTTP status."""

    def __init__(self, sentence: str, *, code: str, field: str, status: int = status.HTTP_400_BAD_REQUEST) -> None:
        super().__init__(sentence, code)
        self.code, self.field, self.status_code = code, field, status
        self.fields = {field: [sentence]}


class PreconditionFailed(APIException):
    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = "This was changed since you read it. Read it again and repeat your change."
    default_code = "precondition_failed"


class BodyTooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The request body is too large."
    default_code = "too_large"


class RangeNotSatisfiable(APIException):
    """Refuse a byte range outside the file (RFC 9110 section 15.5.17); the answer says how long the file is."""

    status_code = status.HTTP_416_REQUESTED_RANGE_NOT_SATISFIABLE
    default_code = "range_not_satisfiable"

    def __init__(self, size: int) -> None:
        super().__init__(f"The file has {size} bytes: the range lies outside.")
        self.content_range = f"bytes */{size}"


class NotInstalled(APIException):
    status_code = status.HTTP_501_NOT_IMPLEMENTED
    default_detail = "An optional package that this needs is not installed."
    default_code = "not_installed"


class Unavailable(APIException):
    """Ask the client to try again after `wait` seconds."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "The database is busy. Try again in a moment."
    default_code = "busy"
    wait = 1


class DependencyDown(Unavailable):
    """Report that a service that Harrison depends on, such as S3, does not answer."""

    default_code = "unavailable"
    wait = 10


class FileMissing(Unavailable):
    default_detail = "The file of this image cannot be read. Tell your administrator."


class StorageFull(APIException):
    """RFC 4918, section 11.5."""

    status_code = status.HTTP_507_INSUFFICIENT_STORAGE
    default_detail = "Storage is full. Ask your administrator to add space."
    default_code = "disk_full"
