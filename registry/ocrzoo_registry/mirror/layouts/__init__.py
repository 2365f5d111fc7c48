"""The tree that a mirror serves: the layouts of four hubs, as other names for one set of files.

A hub has in it the repositories that the cards' ``sources`` name, and nothing else. Beside the tree lie the index,
the files themselves as ``blobs/<sha256>``, ``archives.json`` (:mod:`.archives`) and the web server's configuration
(:mod:`ocrzoo_registry.mirror.serving.nginx`).
"""

from __future__ import annotations

from collections.abc import Iterator

from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.index.schema import Index, IndexedFile
from ocrzoo_registry.mirror.layouts import aistudio, archives, huggingface, modelscope
from ocrzoo_registry.mirror.layouts.archives import Archive
from ocrzoo_registry.mirror.layouts.repositories import Repository, earlier, repositories

__all__ = ["Archive", "Content", "Repository", "earlier", "repositories", "tree"]

Content = bytes | IndexedFile | Archive
"""What lies at a path: a document; a file, as a hard link to its blob; an archive, made by :func:`archives.write`."""


def tree(index: Index) -> Iterator[tuple[str, Content]]:
    """Yield every path of the hubs' layouts, relative to the root of what is served, and what lies there.

    Raises:
        UsageError: Two models have different bytes at one path, or a repository cannot be served by a mirror.
    """
    files: set[str] = set()
    folders: set[str] = set()
    for path, content in _everything(index):
        above = set(_above(path))
        if path in files or path in folders or not files.isdisjoint(above):
            raise UsageError(f"{path}: two models of this mirror need this path for different things: leave one out")
        files.add(path)
        folders |= above
        yield path, content


def _everything(index: Index) -> Iterator[tuple[str, Content]]:
    yield from huggingface.tree(repositories(index, "huggingface"))
    yield from modelscope.tree(repositories(index, "modelscope"))
    yield from aistudio.tree(repositories(index, "aistudio"))
    yield from archives.tree(repositories(index, "bos"))


def _above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path
