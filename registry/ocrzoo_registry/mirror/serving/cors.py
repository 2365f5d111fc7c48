"""What scripts of web pages on other sites may ask of a mirror, and which headers of its answers they see (CORS)."""

from __future__ import annotations

ANY = "*"

METHODS = ("GET", "HEAD")

REQUEST_HEADERS = ("Authorization", "If-None-Match", "If-Range", "Range")

EXPOSED_HEADERS = (
    "Accept-Ranges",
    "Content-Length",
    "Content-Range",
    "ETag",
    "X-Error-Code",
    "X-Linked-Etag",
    "X-Linked-Size",
    "X-Repo-Commit",
)

MAX_AGE_S = 86400
"""How long a browser may remember what it may ask."""
