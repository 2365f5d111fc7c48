"""Distributions that overwrite each other, and OpenCV."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

from ocrzoo.cli.checks import Finding
from ocrzoo.cli.checks.engines import import_fault
from ocrzoo.installation import SAME_MODULE, TESTED_OPENCV, conflict, opencv_problems, providers
from ocrzoo_registry.zoo import Zoo


def conflicts(_zoo: Zoo) -> Iterator[Finding]:
    """Distributions that install the same module."""
    found = [problem for module in SAME_MODULE if module != "cv2" and (problem := conflict(module))]
    for one in found:
        yield Finding(one.level, one.message, one.next_step)
    if not found:
        yield Finding("ok", f"no two distributions install one module ({', '.join(SAME_MODULE)})")


def requirements(_zoo: Zoo) -> Iterator[Finding]:
    """Whether what ocrzoo requires is installed in a version that it accepts; OpenCV has a check of its own."""
    needed = [Requirement(text) for text in requires("ocrzoo") or ()]
    needed = [one for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]
    count = 0
    for one in needed:
        if one.name in SAME_MODULE["cv2"]:
            continue
        try:
            number = version(one.name)
        except PackageNotFoundError:
            number = ""
        if number and one.specifier.contains(number, prereleases=True):
            count += 1
            continue
        state = f"{one.name} {number} is installed" if number else f"{one.name} is not installed"
        yield Finding("error", f"{state}, and ocrzoo requires {one}", f"pip install '{one}'")
    yield Finding("ok", f"{count} required distributions have accepted versions")


def opencv(_zoo: Zoo) -> Iterator[Finding]:
    """OpenCV: its distributions, its version, and whether it can be imported."""
    fault, number = import_fault("cv2")
    installed = providers("cv2")
    if fault:
        step = f"pip install --force-reinstall {next(iter(installed), 'opencv-python-headless')}=={TESTED_OPENCV}.*"
        if "libGL" in fault or "libgthread" in fault:
            step = "pip uninstall -y opencv-python; pip install --force-reinstall opencv-python-headless"
        yield Finding("error", f"OpenCV: {fault}", step, {"fault": fault})
    problems = opencv_problems(loaded=False)
    for one in problems:
        yield Finding(one.level, one.message, one.next_step)
    if not fault and not problems:
        named = ", ".join(f"{name} {one}" for name, one in installed.items())
        yield Finding("ok", f"OpenCV {number} ({named})", data={"version": number, "distributions": installed})
