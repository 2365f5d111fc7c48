"""What a layout consists of: the repositories of one hub, the requests of its clients, and their settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.cards.loader import read_reference
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.mirror.archives import Archive
from ocrzoo_registry.sources import references
from ocrzoo_registry.store.manifest import StoredFile

Content = bytes | StoredFile | Archive
"""What is stored at a path: a document; a hard link to a blob; an archive, written by :func:`archives.write`."""

NGINX = "nginx.conf"
"""Complete: starts with ``nginx -c FILE -p FOLDER`` as any user."""
SITE = "site.conf"
"""A complete site for ``http`` of an existing nginx: the two files below, and a port."""
HTTP = "http.conf"
"""The part for ``http``, for an administrator's own ``server`` with its port, name or TLS."""
SERVER = "server.conf"
"""The part for that ``server``."""

APIS = ("api", "openapi")
"""First parts of the paths of hubs that do not begin with a repository."""

REPOSITORY = r"(?P<repository>[^/]+/[^/]+)"
"""``owner/name`` in the pattern of a route."""


@dataclass(frozen=True)
class Repository:
    """One state of a repository."""

    hub: str
    name: str
    """``owner/name``; for an archive its path."""
    commit: str
    """40 hexadecimal digits: the model's revision, or, where several models share it, one made from all files."""
    files: tuple[StoredFile, ...]
    """Sorted by path."""
    branches: tuple[str, ...]
    """Names of this state; empty for an earlier one."""
    now: bool
    """Whether it is the present state of the repository."""

    @property
    def revisions(self) -> tuple[str, ...]:
        """Every branch, tag and commit that it can be requested by."""
        return tuple(dict.fromkeys((*self.branches, self.commit)))


@dataclass(frozen=True)
class Route:
    """Requests with one form of path; nginx and the embedded server answer them alike."""

    pattern: str
    """Regular expression of the whole path, without percent-encoding. Its groups ``repository``, ``revision`` and
    ``path`` say which file of the hub is requested."""
    document: str | None = None
    """Path of the JSON document to send; ``{uri}`` is the requested path, ``{own}`` the group of that name. Without
    one, the file that is requested is sent."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Groups that the path does not have: a constant, or ``?NAME`` for a parameter of the query."""

    @property
    def revision_in_query(self) -> bool:
        """Whether the query names the revision, or leaves it out."""
        return self.values.get("revision", "").startswith("?")

    @property
    def path_in_query(self) -> bool:
        """Whether the query names the file."""
        return self.values.get("path", "").startswith("?")


@dataclass(frozen=True)
class Client:
    """A program that downloads models."""

    name: str
    variables: Mapping[str, str]
    """Environment variables that make it use a mirror; empty if it cannot."""
    needs: tuple[str, ...]
    """Other requirements, one sentence each."""


Place = tuple[str, str | None]
"""Name of a repository, and the revision that the card requests."""


def repository_in(hub: str) -> Callable[[ModelCard, Format], Place | None]:
    """Return where the cards' ``sources`` have a model on a hub of repositories."""

    def place(card: ModelCard, file_format: Format) -> Place | None:
        reference = read_reference(card, hub, file_format, references.Repository)
        return None if reference is None else (reference.repository, reference.revision)

    return place


@dataclass(frozen=True)
class Layout:
    """How a mirror serves one hub: everything that mirrors know about it."""

    hub: str
    """Name of the hub's source."""
    title: str
    place: Callable[[ModelCard, Format], Place | None]
    """Where the hub has a model in a format, if it does."""
    tree: Callable[[list[Repository]], Iterator[tuple[str, Content]]]
    """Yields the paths of repositories in the served tree, and what is stored there."""
    branch: str | None = None
    """The branch that the hub serves by default."""
    routes: tuple[Route, ...] = ()
    clients: Mapping[str, Callable[[str], Client]] = field(default_factory=dict)
    """Programs that download from the hub, by name; called with the URL of a mirror."""
    states_commits: bool = False
    """Whether answers have Hugging Face's headers ``X-Repo-Commit`` and ``X-Error-Code``."""
    archived: bool = False
    """Whether its tree is made of archives, which a mirror may leave out."""
    keeps_earlier: bool = False
    """Whether clients request files by commit, so that the release before has to remain available."""
