"""What the hook collects beside modules: engines, and weights in installed distributions."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath

from ocrzoo_registry.cards.loader import read_reference
from ocrzoo_registry.sources.references import Wheel
from ocrzoo_registry.zoo import Zoo

Pairs = list[tuple[str, str]]
"""Files, each with the folder of the program that it goes to."""


def engine_modules() -> list[str]:
    """Return the modules of the installed engines; Paddle, ten times as large, only where there is no other."""
    installed = [spec for spec in Zoo().engines if spec.installed]
    return [spec.module for spec in installed if spec.accelerated] or [spec.module for spec in installed]


def weights() -> Pairs:
    """Return the files in installed distributions that cards name, with the metadata that they are found by."""
    wheels = [
        wheel
        for card in Zoo().models
        for file_format in card.artifacts
        if (wheel := read_reference(card, "wheel", file_format, Wheel)) is not None
    ]
    datas: Pairs = []
    for name in sorted({wheel.distribution for wheel in wheels}):
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue
        members = {member.member for wheel in wheels if wheel.distribution == name for member in wheel.members}
        paths = {member: Path(str(found.locate_file(member))) for member in sorted(members)}
        datas += [(str(path), str(PurePosixPath(member).parent)) for member, path in paths.items() if path.is_file()]
        for file in found.files or ():
            if file.parent.suffix == ".dist-info":
                datas.append((str(found.locate_file(file)), str(file.parent)))
    return datas
