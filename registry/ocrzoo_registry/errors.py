"""Every error that ocrzoo raises on purpose, and the exit code each one ends a command with.

    OcrzooError
    |-- UsageError            2  an option, setting or argument that makes no sense
    |   |-- EngineError       2  an inference engine that is absent or cannot read the model
    |   |-- PluginError       2  a broken plugin, where OCRZOO_STRICT=1 asks to know
    |   |-- CardError         2  a model card that breaks the schema
    |   |-- AmbiguousName     2  one name offered by two plugins
    |   `-- AmbiguousLanguage 2  one code for two languages
    |-- NotFound              3  nothing by that name
    |   |-- UnknownModel      3  no card with that name (also a KeyError)
    |   `-- UnknownLanguage   3  no such language, or no model that reads it (also a KeyError)
    |-- SourceError           4  no source gave the files
    |   |-- Unreachable       4  nothing there answers, or it breaks off: worth another try
    |   |   `-- Busy          4  it says that it cannot serve now
    |   |-- TooSlow           4  it answers, but not within the time allowed
    |   |-- NotOffered        4  every source answers, and none has them
    |   |-- Refused           4  it asks for a token, or denies access
    |   |-- OfflineError      4  the files are not here and the network is off limits
    |   `-- StoreError        4  the folder for the weights cannot be written
    |-- IntegrityError        5  bytes that are not the bytes that were promised
    `-- InputError            6  an image that cannot be read

A message says what happened, where, and what to do about it, in one line.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What the exit status of every ``ocrzoo`` command means."""

    DONE = 0
    """Everything asked for was done."""
    BUG = 1
    """An error in ocrzoo itself; ``--debug`` shows where."""
    USAGE = 2
    """An option, a setting or a card that makes no sense."""
    NOT_FOUND = 3
    """No such model, or no model for that language."""
    SOURCE = 4
    """The weights could not be had from any source."""
    INTEGRITY = 5
    """Weights arrived, or lay in the store, with the wrong bytes."""
    INPUTS = 6
    """Some inputs could not be read; the others were done."""


class OcrzooError(Exception):
    """Base of all errors that a user can cause or cure."""

    exit_code: ClassVar[ExitCode] = ExitCode.BUG

    def __str__(self) -> str:
        """Return the message itself (``KeyError`` would put it in quotes)."""
        return str(self.args[0]) if self.args else type(self).__name__


class UsageError(OcrzooError):
    """An option, setting or argument that makes no sense."""

    exit_code = ExitCode.USAGE


class PluginError(UsageError):
    """A broken plugin, where ``OCRZOO_STRICT=1`` asks to be told."""


class CardError(UsageError):
    """A model card that breaks the schema."""


class AmbiguousName(UsageError):
    """One name that two plugins offer; choosing would silently load other weights."""


class AmbiguousLanguage(UsageError):
    """A code that means one language as a tag and another to PaddleOCR; guessing would read the wrong one."""


class EngineError(UsageError):
    """An inference engine that is absent, unknown or unable to read the model."""


class NotFound(OcrzooError):
    """Nothing by that name."""

    exit_code = ExitCode.NOT_FOUND


class UnknownModel(NotFound, KeyError):
    """No card with that name."""


class UnknownLanguage(NotFound, KeyError):
    """No such language, or no model that reads it."""


class SourceError(OcrzooError):
    """No source gave the files."""

    exit_code = ExitCode.SOURCE
    outcome: ClassVar[str] = "failed"
    """In one or two words, for the list of attempts."""


class Unreachable(SourceError):
    """Nothing answers there, or it breaks off, or it says that it is busy: worth another try."""

    outcome = "unreachable"

    def __init__(self, message: str, retry_after: float | None = None, *, connected: bool = True) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds to wait before that try, where the source said so."""
        self.connected = connected
        """Whether there was a server at all: where not, fewer tries are made."""


class Busy(Unreachable):
    """It says that it cannot serve now (HTTP 429, 503 and their like)."""

    outcome = "busy"


class TooSlow(SourceError):
    """It answers, but not within the time allowed, or slower than the least rate."""

    outcome = "too slow"


class NotOffered(SourceError):
    """Every source answers, and none has the files."""

    outcome = "missing"


class Refused(SourceError):
    """It asks for a token, or denies access."""

    outcome = "refused"


class OfflineError(SourceError):
    """The files are not in the store and the network is off limits."""

    outcome = "offline"


class StoreError(SourceError):
    """The folder for the weights cannot be written, is full, or is locked for too long."""

    outcome = "disk"


class IntegrityError(OcrzooError):
    """Bytes that are not the bytes that were promised."""

    exit_code = ExitCode.INTEGRITY
    outcome: ClassVar[str] = "corrupt"


class InputError(OcrzooError):
    """An input that cannot be read as an image."""

    exit_code = ExitCode.INPUTS
