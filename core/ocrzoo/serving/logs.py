"""Logs as JSON, a line each, on standard error."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

_OWN = "fields"
"""The attribute of a record with the keys of its line."""


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON."""

    def __init__(self, **always: Any) -> None:
        """``always`` are keys of every line."""
        super().__init__()
        self._always = always

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **self._always,
            **getattr(record, _OWN, {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=True, default=str)


def log_as_json(**always: Any) -> None:
    """Write ocrzoo's and uvicorn's logs as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(**always))
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # a bad form is an answer, not a warning
    for name in ("ocrzoo", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.propagate = False
        logger.setLevel(min(logger.level or logging.INFO, logging.INFO) if name == "ocrzoo" else logging.WARNING)


def fields(**keys: Any) -> dict[str, Any]:
    """Return ``extra`` for a record with these keys."""
    return {_OWN: keys}
