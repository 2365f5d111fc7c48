"""Checks of plugins and their models, for the tests of a plugin and for ``ocrzoo plugins check``.

from pathlib import Path

from ocrzoo.testing import conformance

test_conformance = conformance(Path(__file__).parents[1])

:func:`conformance` is a test for pytest with one case a check; :func:`check` returns a :class:`Report`.
:data:`~ocrzoo.testing.checks.CHECKS` is the list of checks.
"""

from ocrzoo.testing.checks import CHECKS, Check
from ocrzoo.testing.contract import ConformanceWarning, conformance
from ocrzoo.testing.findings import Finding, Report, Result
from ocrzoo.testing.isolation import check

__all__ = ["CHECKS", "Check", "ConformanceWarning", "Finding", "Report", "Result", "check", "conformance"]
