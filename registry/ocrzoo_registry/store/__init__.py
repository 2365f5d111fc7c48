"""Models on this machine: manifests, lock file, derived files, maintenance."""

from __future__ import annotations

LOCK_FILE = "ocrzoo.lock"
"""Name of the lock file of a project."""
