"""Checks of a plugin as a whole: its code, its names, its files, and their signature."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

from ocrzoo.testing.findings import Finding
from ocrzoo.testing.subjects import PluginSubject
from ocrzoo_registry.cards.to_fill import MARK
from ocrzoo_registry.files import open_regular
from ocrzoo_registry.plugins.signatures import changed_since_signed, package_of

_PICKLE_PROTOCOLS = range(2, 6)
"""A pickle begins with the byte 0x80 and one of these, and ends with a dot; protocols 0 and 1 are not in use."""
_MOST_TEXT = 1 << 20
"""Bytes of a file that are searched for marks."""
_PICKLE_PARTS = ("data.pkl", ".pkl", ".pickle")
"""How the members of torch's archives end that are pickles."""


def plugin(subject: PluginSubject) -> Iterator[Finding]:
    """What failed as the plugin was imported and asked, and the names that it shares with others."""
    for failure in subject.plugin.failures:
        yield Finding("error", failure.message, failure.stage, _next_step(failure.message))
    for text in subject.plugin.warnings:
        yield Finding("warning", text)
    for text in subject.conflicts:
        yield Finding("error", text, "name", "names of models and specs belong to one plugin: choose another")
    if subject.plugin.status == "not allowed":
        yield Finding("error", subject.plugin.refusal, "trust", "'ocrzoo plugins audit' has the reasons")
    elif not subject.plugin.failures and not subject.plugin.registered:
        step = "implement a hook: docs/plugins/hooks.md has a plugin for each"
        yield Finding("error", "it registers nothing", subject.origin.plugin, step)


def _next_step(message: str) -> str:
    if "ModuleNotFoundError" in message:
        return "list what it imports under dependencies, and its packages in the build"
    _, missing, path = message.partition(": charset: there is no file ")
    if missing:
        return f"copy your dictionary, one entry a line, to {path}"
    return "correct it there; 'ocrzoo plugins list --debug' shows the traceback"


def files(subject: PluginSubject) -> Iterator[Finding]:
    """Links, which neither pip nor the store keeps, pickles, which run code when opened, and an outdated signature.

    Marks to fill in count outside of cards too; those in cards are a finding of ``card``.
    """
    for path in subject.files():
        name = subject.named(path)
        if path.is_symlink():
            yield Finding("error", "is a symbolic link", name, "put a copy of the file there: wheels hold no links")
        elif is_pickle(path):
            step = "leave it out: opening a pickle runs code; publish weights as ONNX, Paddle or safetensors"
            yield Finding("error", "is a pickle, or has pickles in it", name, step)
    package = package_of(subject.plugin.module)
    if package is not None and (changed := changed_since_signed(package)):
        step = "sign again, as the last step: 'ocrzoo plugins sign PACKAGE --key PRIVATE.pem'"
        yield Finding("error", changed, "signature", step)
    for path in [] if subject.folder is None else [subject.folder / "pyproject.toml", *_workflows(subject.folder)]:
        for number, line in enumerate(_text(path).splitlines(), 1):
            if MARK in line:
                step = f"fill it in, and delete the text {MARK}"
                yield Finding("warning", f"is to be filled in: {line.strip()}", f"{subject.named(path)}:{number}", step)


def _workflows(folder: Path) -> list[Path]:
    return sorted((folder / ".github" / "workflows").glob("*.yml"))


def _text(path: Path) -> str:
    """The start of a file; nothing if it cannot be read."""
    try:
        with open_regular(path) as file:
            return file.read(_MOST_TEXT).decode("utf-8", "replace")
    except OSError:
        return ""


def is_pickle(path: Path) -> bool:
    """Whether a file is a pickle, or an archive with one (as torch writes them); one that cannot be read is none."""
    try:
        with open_regular(path) as file:
            start = file.read(4)
            if start[:1] == b"\x80" and len(start) > 1 and start[1] in _PICKLE_PROTOCOLS:
                file.seek(-1, 2)
                return file.read() == b"."
        if start == b"PK\x03\x04":
            with zipfile.ZipFile(path) as archive:
                return any(name.endswith(_PICKLE_PARTS) for name in archive.namelist())
    except (OSError, ValueError, zipfile.BadZipFile):
        pass
    return False
