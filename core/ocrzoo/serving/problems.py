"""What a request may fail with: an HTTP status, a stable code for programs, and one line for people."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar


@dataclass(eq=False)
class Problem(Exception):  # named after what it is
    """A request that failed."""

    message: str
    """One line: what failed, and what to do."""
    code: str = "internal"
    """Stable, of :data:`STATUSES`."""
    retry_after_s: int | None = None
    """Seconds after which it may succeed."""
    log_id: str | None = None
    """The client's own name of the request, if it gave one."""

    RETRIED: ClassVar = frozenset({"queue_full", "rate_limited", "worker_lost", "not_ready", "shutting_down"})
    """Codes of requests that may succeed if they are sent again."""

    def __post_init__(self) -> None:
        if self.retry_after_s is None and self.code in self.RETRIED:
            self.retry_after_s = 1

    def __str__(self) -> str:
        return self.message

    @property
    def status(self) -> int:
        """The HTTP status."""
        return STATUSES[self.code]


STATUSES: dict[str, int] = {
    "bad_request": HTTPStatus.BAD_REQUEST,
    "unauthorized": HTTPStatus.UNAUTHORIZED,
    "url_refused": HTTPStatus.FORBIDDEN,
    "not_found": HTTPStatus.NOT_FOUND,
    "method_not_allowed": HTTPStatus.METHOD_NOT_ALLOWED,
    "not_acceptable": HTTPStatus.NOT_ACCEPTABLE,
    "body_timeout": HTTPStatus.REQUEST_TIMEOUT,
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "unsupported_media_type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "invalid_request": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid_input": HTTPStatus.UNPROCESSABLE_ENTITY,
    "too_many_pixels": HTTPStatus.UNPROCESSABLE_ENTITY,
    "unknown_language": HTTPStatus.UNPROCESSABLE_ENTITY,
    "model_unavailable": HTTPStatus.UNPROCESSABLE_ENTITY,
    "url_failed": HTTPStatus.UNPROCESSABLE_ENTITY,
    "rate_limited": HTTPStatus.TOO_MANY_REQUESTS,
    "internal": HTTPStatus.INTERNAL_SERVER_ERROR,
    "queue_full": HTTPStatus.SERVICE_UNAVAILABLE,
    "worker_lost": HTTPStatus.SERVICE_UNAVAILABLE,
    "not_ready": HTTPStatus.SERVICE_UNAVAILABLE,
    "shutting_down": HTTPStatus.SERVICE_UNAVAILABLE,
    "deadline_exceeded": HTTPStatus.GATEWAY_TIMEOUT,
}
"""The HTTP status of each code."""
