"""Write which wheels there are into ``platforms.md``: ``python docs/wheels.py`` (minutes; it asks the package index).

For each platform and Python, uv resolves the base install and all extras, in the pinned versions and by wheels only.
What has no wheel is noted and left out of the next try, until the rest resolves; then uv is asked for any version of
it. Which extras need it follows from the metadata of what is installed here: run it where all extras are.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, requires
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "platforms.md"
MADE = re.compile(r"(?<=<!-- Made by docs/wheels\.py; do not edit\. -->\n).*?(?=<!-- End of what it)", re.DOTALL)
PLATFORMS = {
    "Linux x86-64, glibc 2.28": "x86_64-manylinux_2_28",
    "Linux aarch64, glibc 2.35": "aarch64-manylinux_2_35",
    "macOS 15, arm64": "aarch64-apple-darwin",
    "Windows x86-64": "x86_64-pc-windows-msvc",
}
"""Each column, and uv's name of it. They are the oldest systems for which the base install has wheels."""
MACOS = {"MACOSX_DEPLOYMENT_TARGET": "15.0"}
"""How uv is told the version of macOS."""
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
_NO_WHEEL = re.compile(r"([A-Za-z0-9._-]+)==\S+ has no (?:usable )?wheels|wheels for `([A-Za-z0-9._-]+)`")
"""How uv names what it cannot install."""


class Lack(NamedTuple):
    """A package without a wheel for one platform and Python."""

    package: str
    platform: str
    python: str
    instead: str
    """The newest version that has one; empty if none has."""


def main() -> None:
    """Ask for all platforms and Pythons, and write the page's table."""
    lacks = [lack for platform in PLATFORMS for python in PYTHONS for lack in lacking(platform, python)]
    text = PAGE.read_text(encoding="utf-8")
    made = "\n".join(page(lacks, needs(), dt.date.today()))
    PAGE.write_text(MADE.sub(lambda _match: f"\n{made}\n\n", text), encoding="utf-8")


def lacking(platform: str, python: str) -> Iterator[Lack]:
    """Yield what has no wheel, of the base install and all extras."""
    missing = left_out(python)
    yield from (lack(package, platform, python) for package in missing)
    while (said := ask(platform, python, missing)) is not None:
        package = culprit(said)
        if package in missing:
            raise SystemExit(f"{platform}, Python {python}: {said}")
        missing.append(package)
        yield lack(package, platform, python)


def left_out(python: str) -> list[str]:
    """Return what ``pyproject.toml`` leaves out for a Python, as it has no wheel there."""
    own = map(Requirement, _project()["tool"]["uv"]["override-dependencies"])
    return [
        canonicalize_name(one.name) for one in own if one.marker and not one.marker.evaluate({"python_version": python})
    ]


def lack(package: str, platform: str, python: str) -> Lack:
    """Return that a package has no wheel, with the version that has one."""
    instead = resolved(package, platform, python)
    print(platform, python, package, instead, flush=True)
    return Lack(package, platform, python, instead)


def ask(platform: str, python: str, without: Iterable[str]) -> str | None:
    """Resolve the project without some packages; return what uv says if it cannot be, else nothing."""
    none = "".join(f"{package} ; python_version < '3'\n" for package in without)
    done = compiled(["pyproject.toml", "--all-extras", "--override", "-"], platform, python, none)
    return done.stderr if done.returncode else None


def resolved(package: str, platform: str, python: str) -> str:
    """Return the newest version that has a wheel and that this project allows, whatever it pins; empty if none has."""
    lines = chain.from_iterable(_project()["project"]["optional-dependencies"].values())
    own = [Requirement(line) for line in (*_project()["project"]["dependencies"], *lines)]
    allowed = next((one.specifier for one in own if canonicalize_name(one.name) == package), "")
    done = compiled(["-", "--no-config", "--no-deps"], platform, python, f"{package}{allowed}")
    return done.stdout.strip().partition("==")[2].partition(" ")[0] if done.returncode == 0 else ""


def compiled(what: list[str], platform: str, python: str, stdin: str) -> subprocess.CompletedProcess[str]:
    """Run ``uv pip compile`` for a platform and Python, by wheels only."""
    options = ["--only-binary", ":all:", "--python-platform", PLATFORMS[platform], "--python-version", python]
    command = ["uv", "pip", "compile", *what, *options, "--quiet", "--no-header", "--no-annotate"]
    environ = {**os.environ, **MACOS}
    return subprocess.run(
        command, input=stdin, capture_output=True, text=True, check=False, timeout=900, cwd=ROOT, env=environ
    )


def culprit(said: str) -> str:
    """Return the package that uv says has no wheel.

    Raises:
        SystemExit: It says something else.
    """
    found = _NO_WHEEL.search(" ".join(said.split()))
    if found is None:
        raise SystemExit(said)
    return canonicalize_name(found[1] or found[2])


def needs() -> dict[str, set[str]]:
    """Return the base install (an empty name) and each extra with all packages that it brings."""
    project = _project()
    stated = {one["name"]: one["requires-dist"] for one in project["tool"]["uv"]["dependency-metadata"]}
    extras: Mapping[str, list[str]] = project["project"]["optional-dependencies"]
    own = {"": project["project"]["dependencies"], **extras}
    return {extra: _closure(wanted, own, stated) for extra, wanted in own.items()}


def _closure(wanted: list[str], own: Mapping[str, list[str]], stated: Mapping[str, list[str]]) -> set[str]:
    """The names of all that some requirements bring; which system each is for does not count."""
    found: set[tuple[str, str]] = set()
    left = [Requirement(one) for one in wanted]
    while left:
        requirement = left.pop()
        name = canonicalize_name(requirement.name)
        for extra in ("", *requirement.extras):
            if (name, extra) not in found:
                found.add((name, extra))
                left += _required(name, extra, own, stated)
    return {name for name, _ in found}


def _required(
    name: str, extra: str, own: Mapping[str, list[str]], stated: Mapping[str, list[str]]
) -> list[Requirement]:
    if name == "ocrzoo":
        return [Requirement(one) for one in own[extra]] if extra else []
    try:
        every = [Requirement(one) for one in stated.get(name, requires(name) or ())]
    except PackageNotFoundError:  # for another system
        return []
    marked = [(one, str(one.marker or "")) for one in every]
    return [one for one, marker in marked if (f'extra == "{extra}"' in marker if extra else "extra ==" not in marker)]


def page(lacks: list[Lack], needed: Mapping[str, set[str]], day: dt.date) -> Iterator[str]:
    """Yield the lines of both tables."""
    pins = _pins()
    yield f"Asked on {day.isoformat()}, for Python {PYTHONS[0]} to {PYTHONS[-1]}."
    yield ""
    yield f"| install | packages | {' | '.join(PLATFORMS)} |"
    yield "|---|---|" + "---|" * len(PLATFORMS)
    for extra, packages in needed.items():
        cells = []
        for platform in PLATFORMS:
            without = {lack.python for lack in lacks if lack.platform == platform and lack.package in packages}
            cells.append(_listed([python for python in PYTHONS if python not in without]))
        yield f"| {f'`ocrzoo[{extra}]`' if extra else '`ocrzoo`'} | {len(packages)} | {' | '.join(cells)} |"
    yield ""
    yield "| no wheel | pinned | extras | where | allowed versions that have one |"
    yield "|---|---|---|---|---|"
    for package in sorted({lack.package for lack in lacks}):
        users = ", ".join(extra or "base" for extra, packages in needed.items() if package in packages)
        own = [lack for lack in lacks if lack.package == package]
        pythons = {one: _listed([lack.python for lack in own if lack.platform == one]) for one in PLATFORMS}
        where = "; ".join(f"{platform}: {listed}" for platform, listed in pythons.items() if listed != "none")
        if len(set(pythons.values())) == 1:
            where = f"everywhere: {pythons[own[0].platform]}"
        instead = ", ".join(sorted({one.instead for one in own if one.instead})) or "none"
        yield f"| {package} | {pins.get(package, '')} | {users} | {where} | {instead} |"


def _listed(pythons: list[str]) -> str:
    """Pythons in words: all between the first and the last, or one by one."""
    if not pythons:
        return "none"
    first, last = PYTHONS.index(pythons[0]), PYTHONS.index(pythons[-1])
    together = len(pythons) == last - first + 1 and len(pythons) > 2
    return f"{pythons[0]} to {pythons[-1]}" if together else ", ".join(pythons)


def _pins() -> dict[str, str]:
    lines = [Requirement(one) for one in _project()["tool"]["uv"]["constraint-dependencies"]]
    return {canonicalize_name(one.name): str(one.specifier).removeprefix("==") for one in lines}


@cache
def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
