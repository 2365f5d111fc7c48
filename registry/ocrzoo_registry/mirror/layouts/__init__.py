"""The hubs that a mirror serves, one module each, as different names for one set of files.

To serve another hub, write a module with its :class:`Layout` and add it to :data:`LAYOUTS`: the served tree, both
servers and ``ocrzoo mirror env`` follow from the table. Beside the trees of the hubs are the index, the files
themselves as ``blobs/<sha256>``, ``archives.json`` and the configuration of nginx.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.index.schema import Index, IndexedModel
from ocrzoo_registry.mirror.layouts import aistudio, bos, huggingface, modelscope
from ocrzoo_registry.mirror.layouts.base import Content, Layout
from ocrzoo_registry.mirror.layouts.repositories import folders_above, place_of, replaced, repositories

LAYOUTS: tuple[Layout, ...] = (huggingface.LAYOUT, modelscope.LAYOUT, aistudio.LAYOUT, bos.LAYOUT)
"""All hubs, in the order in which requests are matched."""


def tree(index: Index) -> Iterator[tuple[str, Content]]:
    """Yield every path of the hubs' layouts, relative to the served root, and what is stored there.

    Raises:
        UsageError: Two models have different bytes at one path, or a repository cannot be served by a mirror.
    """
    files: set[str] = set()
    folders: set[str] = set()
    for layout in LAYOUTS:
        if layout.archived and not index.archives:
            continue
        for path, content in layout.tree(repositories(index, layout)):
            above = set(folders_above(path))
            if path in files or path in folders or not files.isdisjoint(above):
                raise UsageError(f"two models need {path} for different things: leave one of them out")
            files.add(path)
            folders |= above
            yield path, content


def earlier(before: Index, models: Sequence[IndexedModel]) -> tuple[IndexedModel, ...]:
    """Return what a new index keeps as ``earlier``: models of the previous one that have other bytes or commits now.

    Raises:
        UsageError: As :func:`tree`.
    """
    now = {(model.name, model.format): model.files for model in models}
    gone = {(one.hub, name) for one in LAYOUTS if one.keeps_earlier for name in replaced(before, models, one)}
    return tuple(
        model
        for model in before.models
        if now.get((model.name, model.format)) != model.files or not gone.isdisjoint(_places(model))
    )


def _places(model: IndexedModel) -> Iterator[tuple[str, str]]:
    for layout in LAYOUTS:
        if layout.keeps_earlier and (place := place_of(model, layout)) is not None:
            yield layout.hub, place[0]
