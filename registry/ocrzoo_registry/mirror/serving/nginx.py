"""The configuration of nginx for a release.

Generated tables map each file name to a SHA-256, and the blob of that name is sent. So its ETag cannot be that of
another file, unlike nginx's own, which is made of size and time.
"""

from __future__ import annotations

import glob
import re
import string
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.index.schema import FILE_NAME, Index
from ocrzoo_registry.mirror import archives
from ocrzoo_registry.mirror.archives import ArchiveList
from ocrzoo_registry.mirror.layouts import LAYOUTS
from ocrzoo_registry.mirror.layouts.base import HTTP, NGINX, SERVER, SITE, Layout, Route
from ocrzoo_registry.mirror.serving import cors
from ocrzoo_registry.mirror.serving.tables import tables

MAPS = ".nginx"

DEFAULT_LISTEN = "8000"


def nginx(index: Index, root: Path, made: ArchiveList, *, listen: str = DEFAULT_LISTEN) -> dict[str, bytes]:
    """Return the files of the configuration by their paths inside the release.

    ``root`` is the path that the release will have; ``listen`` is nginx's: a port, or an address and a port.

    Raises:
        UsageError: nginx cannot serve this root; or as :func:`ocrzoo_registry.mirror.layouts.tree`.
    """
    check_root(root)
    own = {FILE_NAME: index.to_bytes(), archives.FILE_NAME: made.to_bytes()}
    found = tables(index, made, own)
    maps = {
        "repositories": dict.fromkeys(found.repositories, "1"),
        "commits": found.commits,
        "files": _with_encoded(found.files),
        "documents": found.documents,
        "sizes": {sha256: str(size) for sha256, size in found.sizes.items()},
    }
    included = Path(glob.escape(str(root)))  # nginx expands patterns in includes
    paths = {"root": root, "maps": included / MAPS}
    paths |= {"site": included / SITE, "http": included / HTTP, "server": included / SERVER}
    return {
        NGINX: _render(NGINX, **paths),
        SITE: _render(SITE, **paths, listen=listen),
        HTTP: _render(HTTP, **paths, **_hubs(), **_CORS, **_hash_sizes(*maps.values())),
        SERVER: _render(SERVER, **paths, **_CORS, locations="\n".join(filter(None, map(_locations, LAYOUTS)))),
        **{f"{MAPS}/{name}.map": _map(entries) for name, entries in maps.items()},
    }


_CORS = {
    "methods": ", ".join(cors.METHODS),
    "request_headers": ", ".join(cors.REQUEST_HEADERS),
    "exposed_headers": ", ".join(cors.EXPOSED_HEADERS),
    "max_age": cors.MAX_AGE_S,
}


def check_root(root: Path) -> None:
    """Refuse a folder that cannot be named in a configuration of nginx.

    Raises:
        UsageError: It cannot.
    """
    if not root.is_absolute() or any(character in "$\"'\\" or not character.isprintable() for character in str(root)):
        raise UsageError(f"{root}: nginx needs an absolute path without quotes, dollar signs and backslashes")


class _Template(string.Template):
    """Text with placeholders like ``@{root}``: a dollar sign begins a variable of nginx."""

    delimiter = "@"


def _render(name: str, **values: object) -> bytes:
    """Render the template of a file."""
    text = resources.files("ocrzoo_registry.mirror.serving").joinpath("templates", name).read_text("utf-8")
    return _Template(text).substitute(values).encode()


def _hubs() -> dict[str, str]:
    """The lines of the tables that name hubs."""
    stating = [layout.hub for layout in LAYOUTS if layout.states_commits]
    return {
        "files": "".join(f"    {layout.hub} $ocrzoo_file;\n" for layout in LAYOUTS if layout.routes),
        "stating_commits": stating[0] if len(stating) == 1 else f"(?:{'|'.join(stating)})",
    }


def _locations(layout: Layout) -> str:
    """The locations for a hub's clients; empty if it has no routes."""
    title = f"# {layout.title}\n" if layout.routes else ""
    return title + "".join(_location(layout, route) for route in layout.routes)


def _location(layout: Layout, route: Route) -> str:
    pattern = route.pattern.replace("(?P<", "(?<ocrzoo_")
    lines = [f"set $ocrzoo_hub {layout.hub};"] if "(?<ocrzoo_repository>" in pattern else []
    lines += [f"set $ocrzoo_{name} {re.sub('^[?]', '$arg_', value)};" for name, value in route.values.items()]
    if route.document is None:
        lines += ["if ($ocrzoo_unchanged) { return 304; }", "try_files /blobs/$ocrzoo_file =404;"]
    else:
        lines.append("default_type application/json;")
        if route.revision_in_query:
            lines.append("if ($ocrzoo_commit = -) { return 404; }")
        lines.append(f"try_files {route.document.format(uri='$uri', own='$ocrzoo_own')} =404;")
    return "\n    ".join([f"location ~ ^{pattern}$ {{", *lines]) + "\n}\n"


def _with_encoded(files: Mapping[str, str]) -> dict[str, str]:
    """Add the percent-encoded names of files in queries, which nginx does not decode."""
    in_query = {one.hub for one in LAYOUTS if any(route.path_in_query for route in one.routes)}
    encoded = {}
    for key, sha256 in files.items():
        hub, owner, name, commit, path = key.split("/", 4)
        if hub in in_query:
            base = f"{hub}/{owner}/{name}/{commit}"
            for slash in ("/", "%2F"):
                for plus in ("+", "%2B"):
                    encoded[f"{base}/{path.replace('/', slash).replace('+', plus)}"] = sha256
    return {**files, **encoded}


def _map(entries: Mapping[str, str]) -> bytes:
    """Write entries as nginx reads them; it ignores case in plain ones, so ambiguous ones become expressions."""
    seen: dict[str, int] = {}
    for key in entries:
        seen[key.lower()] = seen.get(key.lower(), 0) + 1
    lines = [
        f'"{key}" {value};' if seen[key.lower()] == 1 else f'"~^{_literal(key)}$" {value};'
        for key, value in sorted(entries.items())
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def _literal(key: str) -> str:
    return key.replace(".", "[.]").replace("+", "[+]")


def _hash_sizes(*maps: Mapping[str, str]) -> dict[str, int]:
    """Sizes of nginx's hash tables: a bucket holds several of the longest names."""
    longest = max((len(key) for entries in maps for key in entries), default=0)
    return {
        "bucket": min(max(512, 1 << (8 * longest).bit_length()), 1 << 15),
        "entries": 2 * max(1024, *map(len, maps)),
    }
