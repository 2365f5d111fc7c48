"""What the documents of several hubs have in common."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ocrzoo_registry.store.manifest import StoredFile


def document(content: Any) -> bytes:
    """Return JSON, the same bytes for the same content."""
    return f"{json.dumps(content, ensure_ascii=False, separators=(',', ':'))}\n".encode()


def pointer(file: StoredFile) -> bytes:
    """Return what git holds in the place of a file that is kept in large-file storage."""
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{file.sha256}\nsize {file.size}\n".encode()


def git_id(file: StoredFile) -> str:
    """Return git's name of that pointer: 40 hexadecimal digits."""
    held = pointer(file)
    return hashlib.sha1(f"blob {len(held)}\0".encode() + held, usedforsecurity=False).hexdigest()
