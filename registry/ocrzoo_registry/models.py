"""Models by name: list and download them."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import overload

from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.store.store import ModelFiles
from ocrzoo_registry.zoo import Zoo, zoo_with_sources


def list_models(
    pattern: str | Iterable[str] = "",
    *,
    exclude: str | Iterable[str] = "",
    task: str | None = None,
    family: str | None = None,
    tier: str | None = None,
    lang: str | None = None,
    installed: bool = False,
    zoo: Zoo | None = None,
) -> list[str]:
    """Return the names of models in natural order (v9 before v10).

    ``pattern`` is one or several shell patterns (``*_rec``, ``PP-OCRv5*``), of which a whole name must match one, in
    any case; names that match a pattern of ``exclude`` are left out. ``lang`` keeps models that claim a language,
    ``installed`` those stored on this machine.

    Raises:
        AmbiguousLanguage: The language code has two meanings.
        UnknownLanguage: There is no such language.
        UsageError: No model has that task, family or tier.
    """
    zoo = zoo or Zoo()
    cards = zoo.models.search(task=task, family=family, tier=tier, lang=lang)
    if installed:
        cards = list(filter(zoo.installed_check(), cards))
    kept, left_out = _patterns(pattern), _patterns(exclude)
    return [
        card.name for card in cards if (not kept or _matches(card.name, kept)) and not _matches(card.name, left_out)
    ]


def _patterns(given: str | Iterable[str]) -> list[str]:
    return [one for one in ([given] if isinstance(given, str) else given) if one]


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name.casefold(), pattern.casefold()) for pattern in patterns)


@overload
def download(  # type: ignore[overload-overlap]  # a str is an Iterable[str] too; the first overload is meant
    names: str, *, format: Format | None = None, source: str | None = None, zoo: Zoo | None = None
) -> ModelFiles: ...
@overload
def download(
    names: Iterable[str], *, format: Format | None = None, source: str | None = None, zoo: Zoo | None = None
) -> list[ModelFiles]: ...


def download(
    names: str | Iterable[str], *, format: Format | None = None, source: str | None = None, zoo: Zoo | None = None
) -> ModelFiles | list[ModelFiles]:
    """Download models, unless they are stored already, and return their files (a path: ``files.folder``).

    ``format`` is ``onnx``, ``paddle`` or ``safetensors``; by default the one that an installed engine reads best.
    ``source`` limits the sources: ``huggingface``, or several, ``modelscope,bos``. Several models are downloaded
    concurrently; if one fails, the others are stored before the error is raised.

    Raises:
        UnknownModel: There is no model of that name.
        SourceError: No source could deliver it.
        IntegrityError: The bytes are not those expected.
        UsageError: There is no such source, or ``zoo`` and ``source`` are both given.
    """
    from ocrzoo_registry.download.batch import get_all
    from ocrzoo_registry.download.request import DownloadRequest

    if zoo is not None and source is not None:
        raise UsageError("download takes a zoo or a source, not both")
    zoo = zoo or zoo_with_sources(source)
    formats = (format,) if format else zoo.readable_formats
    cards = [zoo.models.get(name) for name in ([names] if isinstance(names, str) else names)]
    results = get_all(zoo.resolver, [DownloadRequest(card, formats) for card in cards])
    for one in results:
        if one.error is not None:
            raise one.error
    files = [one.files for one in results if one.files is not None]
    return files[0] if isinstance(names, str) else files
