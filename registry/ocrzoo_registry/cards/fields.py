"""The types of the fields of cards, lock files, manifests and indexes, and the base of these records.

Each pattern has a description in :data:`FORMS`, which errors show in its place.
"""

from __future__ import annotations

import re
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, Strict, StringConstraints

from ocrzoo_registry.cards.formats import FORMAT_NAME, RELATIVE_PATH, portable
from ocrzoo_registry.cards.public_urls import public

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"
Name = Annotated[str, StringConstraints(pattern=NAME)]
BASE_MODEL = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}(/[A-Za-z0-9][A-Za-z0-9._-]{0,127})?$"
Task = Name
"""What a model does, by PaddleX's module names or a name that a plugin's predictor declares."""
Format = Annotated[str, StringConstraints(pattern=FORMAT_NAME)]
"""A file format that a model is published in (:mod:`ocrzoo_registry.cards.formats`)."""
RelativePath = Annotated[str, StringConstraints(pattern=RELATIVE_PATH), AfterValidator(portable)]
_SHA256 = r"^[0-9a-f]{64}$"
Sha256 = Annotated[str, StringConstraints(pattern=_SHA256)]
LANGUAGE_TAG = r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$"
LanguageTag = Annotated[str, StringConstraints(pattern=LANGUAGE_TAG)]
_DATE = r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$"
Date = Annotated[str, StringConstraints(pattern=_DATE)]
_CARD_VERSION = r"^(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})$"
CardVersion = Annotated[str, StringConstraints(pattern=_CARD_VERSION)]
_COMMIT = r"^[0-9a-f]{40}$"
Commit = Annotated[str, StringConstraints(pattern=_COMMIT)]
_SCRIPT_CODE = r"^[A-Z][a-z]{3}$"
ScriptCode = Annotated[str, StringConstraints(pattern=_SCRIPT_CODE)]
_URL = r"^https?://[^\s\\]+$"
Url = Annotated[str, StringConstraints(pattern=_URL)]
_SECURE_URL = r"^https://[^\s\\]+$"
SecureUrl = Annotated[str, StringConstraints(pattern=_SECURE_URL), AfterValidator(public)]
"""An address that something is downloaded from."""
Size = Annotated[int, Field(ge=0, le=1 << 62)]
"""A size that can be reckoned with."""
Text = Annotated[str, StringConstraints(min_length=1)]
Reference = dict[str, JsonValue]
"""Where one source has a model: plain data that the source itself interprets."""

T = TypeVar("T")
Items = Annotated[tuple[T, ...], Strict(strict=False)]
"""A tuple that a list may be given for, as YAML and JSON have only lists; its items stay strict."""

FORMS = {
    NAME: "a name: letters, digits, dots, dashes and underscores",
    BASE_MODEL: "the name of a model, or a repository such as PaddlePaddle/UVDoc",
    FORMAT_NAME: "a format: lowercase letters, digits and underscores",
    RELATIVE_PATH: "a path below the card's folder, such as charsets/own.txt",
    _SHA256: "a sha256: 64 hexadecimal digits",
    LANGUAGE_TAG: "a language tag such as en, zh-Hant or pt-BR",
    _DATE: "a date in quotes, such as '2026-11-30'",
    _CARD_VERSION: "a version of three numbers, such as 1.2.0",
    _COMMIT: "a commit: 40 hexadecimal digits",
    _SCRIPT_CODE: "a script code such as Latn",
    _URL: "an http or https address",
    _SECURE_URL: "an https address",
}
"""A description of each pattern, for errors."""


class Record(BaseModel):
    """The base of all parts of a card: frozen, strictly typed, no unknown keys, no NaN."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


def is_commit(text: str) -> bool:
    """Whether a revision is a commit's full name."""
    return re.fullmatch(_COMMIT, text) is not None
