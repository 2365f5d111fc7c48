"""Languages of a pipeline: the models that read them, put into its configuration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.zoo import Zoo


def choose_readers(recognition: dict[str, Any], lang: str | Sequence[str], zoo: Zoo) -> None:
    """Put the models that read languages into a recognition module, each with those that it reads.

    Raises:
        AmbiguousLanguage: A code has two meanings.
        UnknownLanguage: No model reads one of them; the message has the letters that the nearest lacks.
        UsageError: These are no languages.
    """
    if not isinstance(lang, str | list | tuple) or not all(isinstance(one, str) for one in lang):
        raise UsageError(f"lang={lang!r}: a language tag such as ru or zh-Hant is needed, or a list of them")
    from ocrzoo_registry.selection import select_recognition

    first, *others = (
        {"model_name": one.name, "languages": [evidence.language.tag for evidence in one.evidence]}
        for one in select_recognition(zoo, lang, str(recognition.get("model_name")))
    )
    for key in ("model_dir", "others"):
        recognition.pop(key, None)
    recognition.update(first)
    if others:
        recognition["others"] = others


def at_hand(languages: Sequence[str], models: Sequence[str | None], zoo: Zoo) -> str:
    """Return how to read languages with what is on this machine, where the models chosen for them cannot be had.

    Empty where there is nothing, or where somebody else than a choice by language named the models.
    """
    from ocrzoo_registry.selection import select

    if zoo.settings.offline or {one.name for one in select(languages, zoo=zoo).readers} != set(models):
        return ""
    readers = select(languages, zoo=Zoo(replace(zoo.settings, offline=True))).readers
    if not readers or not all(one.within_reach for one in readers):
        return ""
    names = " and ".join(one.name for one in readers)
    return f"; what is on this machine reads {','.join(languages)} too, with {names}: set OCRZOO_OFFLINE=1"
