"""Packages from npm at exact versions, installed once and kept in pytest's cache; none of their scripts is run."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

from filelock import FileLock

NPM = shutil.which("npm")
INSTALL_S = 600.0
"""Of 140 MB for ONNX Runtime Web."""
LEFT_OUT = ("OCRZOO_", "PADDLE_PDX_", "HF_")


def node_modules(cache: Path, *packages: str) -> Path:
    """Give the folder ``node_modules`` with these packages, such as ``js-yaml@4.3.2``, and what they depend on."""
    assert NPM is not None
    key = hashlib.sha256(json.dumps(sorted(packages)).encode()).hexdigest()[:16]
    folder = cache / f"npm-{key}"
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock", timeout=INSTALL_S):  # the other workers of xdist wait
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            (folder / "package.json").write_text('{"private": true}')
            flags = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--prefer-offline")
            subprocess.run(
                [NPM, "install", *flags, *packages],
                cwd=folder,
                env={name: text for name, text in os.environ.items() if not name.startswith(LEFT_OUT)},
                check=True,
                capture_output=True,
                timeout=INSTALL_S,
            )
            (folder / "complete").touch()
    return folder / "node_modules"
