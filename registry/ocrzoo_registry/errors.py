"""Every error that ocrzoo raises, and the exit code that a command ends with.

    OcrzooError
    |-- UsageError            2  an invalid option, setting or argument
    |   |-- SettingError      2  an environment variable with an invalid value
    |   |-- EngineError       2  an inference engine is missing or cannot read the model
    |   |-- PluginError       2  a plugin that failed: with OCRZOO_STRICT=1 or --strict, or when it is used
    |   |-- CardError         2  a model card that breaks the schema
    |   |-- AmbiguousName     2  one name registered by two plugins
    |   `-- AmbiguousLanguage 2  one code for two languages
    |-- NotFound              3  nothing has that name
    |   |-- UnknownModel      3  no card with that name (also a KeyError)
    |   `-- UnknownLanguage   3  no such language, or no model for it (also a KeyError)
    |-- SourceError           4  the files could not be downloaded
    |   |-- Unreachable       4  no answer, or a broken connection; retried
    |   |   `-- Busy          4  the server is overloaded
    |   |-- TooSlow           4  an answer, but not in time
    |   |-- NotOffered        4  no source has the files
    |   |-- Refused           4  access denied, or a token required
    |   |-- OfflineError      4  the files are not cached and offline mode is on
    |   `-- StoreError        4  the cache folder cannot be written
    |-- IntegrityError        5  bytes that do not match their expected digest
    `-- InputError            6  an input that could not be read

A message is one line: what failed, where, and the next step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What the exit status of every ``ocrzoo`` command means."""

    DONE = 0
    """Success."""
    BUG = 1
    """A bug in ocrzoo; ``--debug`` shows the traceback."""
    USAGE = 2
    """An invalid option, setting or card."""
    NOT_FOUND = 3
    """No such model, or no model for that language."""
    SOURCE = 4
    """The weights could not be downloaded from any source."""
    INTEGRITY = 5
    """Downloaded or stored weights do not match their expected digest."""
    INPUTS = 6
    """Some inputs could not be read; the others were processed."""


class OcrzooError(Exception):
    """Base of all errors that a user can cause or fix."""

    exit_code: ClassVar[ExitCode] = ExitCode.BUG
    attempts: Sequence[Attempt] = ()
    """What each source answered, where a download failed."""

    def __str__(self) -> str:
        """Return the message (``KeyError`` would quote it)."""
        return str(self.args[0]) if self.args else type(self).__name__


class UsageError(OcrzooError):
    """An invalid option, setting or argument."""

    exit_code = ExitCode.USAGE


class SettingError(UsageError):
    """An environment variable with an invalid value."""


class PluginError(UsageError):
    """A plugin that failed: with ``OCRZOO_STRICT=1`` or ``--strict``, or when its predictor or pipeline is used."""


class CardError(UsageError):
    """A model card that breaks the schema."""


class AmbiguousName(UsageError):
    """One name that two plugins register; choosing one could silently load other weights."""


class AmbiguousLanguage(UsageError):
    """A code that is one language as a BCP-47 tag and another in PaddleOCR."""

    def __init__(self, message: str = "", meaning: str | None = None) -> None:
        """``meaning`` is the tag of PaddleOCR's meaning."""
        super().__init__(message)
        self.meaning = meaning


class EngineError(UsageError):
    """An inference engine is missing, unknown or unable to read the model."""


class NotFound(OcrzooError):
    """Nothing has that name."""

    exit_code = ExitCode.NOT_FOUND


class UnknownModel(NotFound, KeyError):
    """No card with that name."""


class UnknownLanguage(NotFound, KeyError):
    """No such language, or no model for it."""


class SourceError(OcrzooError):
    """The files could not be downloaded."""

    exit_code = ExitCode.SOURCE
    outcome: ClassVar[str] = "failed"
    """The outcome in one or two words, for the report of attempts."""


class Unreachable(SourceError):
    """No answer, a broken connection or an overloaded server; retried."""

    outcome = "unreachable"

    def __init__(
        self, message: str, retry_after: float | None = None, *, connected: bool = True, patience_s: float = 0.0
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds to wait before the retry, if the server sent them."""
        self.patience_s = patience_s
        """Seconds in which a server that sends them is asked again, however often; 0: as often as any other."""
        self.connected = connected
        """Whether a server answered; otherwise it is retried fewer times."""


class Busy(Unreachable):
    """The server is overloaded (HTTP 429, 503 and the like)."""

    outcome = "busy"


class TooSlow(SourceError):
    """An answer that exceeds the time limit, or is below the minimum rate."""

    outcome = "too slow"


class NotOffered(SourceError):
    """No source has the files."""

    outcome = "missing"


class Refused(SourceError):
    """Access denied, or a token required."""

    outcome = "refused"


class OfflineError(SourceError):
    """The files are not cached and offline mode is on."""

    outcome = "offline"


class StoreError(SourceError):
    """The cache folder cannot be written, is full, or stays locked for too long."""

    outcome = "disk"


class IntegrityError(OcrzooError):
    """Bytes that do not match their expected digest."""

    exit_code = ExitCode.INTEGRITY
    outcome: ClassVar[str] = "corrupt"


class InputError(OcrzooError):
    """An input that could not be read as an image or document."""

    exit_code = ExitCode.INPUTS


@dataclass(frozen=True)
class Attempt:
    """What one source answered."""

    source: str
    message: str
    outcome: str = "failed"
    """Such as ``absent``, ``refused``, ``unreachable``, ``busy``, ``too slow``, ``missing`` or ``corrupt``."""
    explained: bool = False
    """Whether the message of a ``missing`` model says where the source looked."""

    @classmethod
    def failed(cls, source: str, error: SourceError | IntegrityError) -> Attempt:
        """Record the error of a source."""
        return cls(source, str(error), error.outcome)

    @property
    def is_silence(self) -> bool:
        """Whether the source did not respond, and other models will not fare better."""
        return self.outcome in {"unreachable", "busy", "too slow"}


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, its cause, the cause's cause and so on, each once: a chain may lead back to its start."""
    seen = set[int]()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        yield cause
        seen.add(id(cause))
        cause = cause.__context__ if cause.__cause__ is None else cause.__cause__
