"""Parts that the documents of several hubs share."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ocrzoo_registry.store.manifest import StoredFile


def document(content: Any) -> bytes:
    """Return JSON: equal bytes for equal content."""
    return f"{json.dumps(content, ensure_ascii=False, separators=(',', ':'))}\n".encode()


def pointer(file: StoredFile) -> bytes:
    """Return git's pointer to a file in large-file storage."""
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{file.sha256}\nsize {file.size}\n".encode()


def git_id(file: StoredFile) -> str:
    """Return git's object name of that pointer: 40 hexadecimal digits."""
    content = pointer(file)
    return hashlib.sha1(f"blob {len(content)}\0".encode() + content, usedforsecurity=False).hexdigest()
