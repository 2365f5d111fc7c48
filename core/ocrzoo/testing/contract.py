"""The checks as tests: what a plugin's own tests call."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from functools import cache

from ocrzoo.testing.findings import Report, Result
from ocrzoo.testing.isolation import TIMEOUT_S, check


class ConformanceWarning(UserWarning):
    """A finding that is no error."""


def conformance(
    target: str | os.PathLike[str], *, strict: bool = False, timeout_s: float = TIMEOUT_S
) -> Callable[..., None]:
    """Return a test, for pytest, of a plugin: one case a check of each of its models.

    .. code-block:: python

        from pathlib import Path

        from ocrzoo.testing import conformance

        test_conformance = conformance(Path(__file__).parents[1])

    ``target`` is the plugin's source folder, installed or not, or the name of an installed model, plugin or
    distribution. An error fails the test, a warning is a :class:`ConformanceWarning`, or with ``strict`` fails it too,
    and what cannot be checked here is skipped. The checks run once, when pytest collects the tests.
    """
    import pytest

    report = _report(os.fspath(target), timeout_s)

    @pytest.mark.parametrize("result", report.results, ids=lambda result: f"{result.subject}-{result.check}")
    def test_conformance(result: Result) -> None:
        failed = [one for one in result.findings if one.severity == "error" or (strict and one.severity == "warning")]
        if failed:
            pytest.fail("\n".join(map(str, failed)), pytrace=False)
        for finding in result.findings:
            if finding.severity == "warning":
                warnings.warn(f"{result.subject}, {result.check}: {finding}", ConformanceWarning, stacklevel=1)
        if result.outcome == "skipped":
            pytest.skip("\n".join(map(str, result.findings)))

    return test_conformance


@cache
def _report(target: str, timeout_s: float) -> Report:
    from pathlib import Path

    return check(Path(target) if Path(target).is_dir() else target, timeout_s=timeout_s)
