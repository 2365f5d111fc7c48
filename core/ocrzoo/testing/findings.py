"""What checks find: one finding a fault, the result of one check, and the report of all, also as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["error", "warning", "skipped"]
"""``error``: users would meet it; ``warning``: worth a look; ``skipped``: could not be checked here."""

Outcome = Literal["failed", "warned", "skipped", "passed"]

SCHEMA = 1
"""The version of the JSON report: keys are only added to it."""

_OUTCOMES: Sequence[tuple[Severity, Outcome]] = (("error", "failed"), ("warning", "warned"), ("skipped", "skipped"))


@dataclass(frozen=True)
class Finding:
    """One fault, or one thing that could not be checked."""

    severity: Severity
    message: str
    """What was found, in one line."""
    where: str = ""
    """The card's key, the file, the engine, or the picture."""
    next_step: str = ""
    """What to do about it."""

    def __str__(self) -> str:
        """Return all of it in one line."""
        where = f"{self.where}: " if self.where else ""
        step = f" ({self.next_step})" if self.next_step else ""
        return f"{where}{self.message}{step}"


@dataclass(frozen=True)
class Result:
    """What one check found of one model, or of one plugin."""

    subject: str
    """The model's name, or the plugin's."""
    kind: Literal["model", "plugin"]
    check: str
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0
    data: Mapping[str, Any] = field(default_factory=dict)
    """What was measured."""

    @property
    def outcome(self) -> Outcome:
        """The worst of its findings."""
        found = {finding.severity for finding in self.findings}
        for severity, outcome in _OUTCOMES:
            if severity in found:
                return outcome
        return "passed"

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "subject": self.subject,
            "kind": self.kind,
            "check": self.check,
            "outcome": self.outcome,
            "seconds": round(self.seconds, 3),
            "findings": [vars(finding) for finding in self.findings],
            "data": dict(self.data),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Result:
        """Return the result of plain data."""
        findings = tuple(Finding(**finding) for finding in data["findings"])
        return cls(data["subject"], data["kind"], data["check"], findings, data["seconds"], data["data"])


@dataclass(frozen=True)
class Report:
    """The results of all checks."""

    results: tuple[Result, ...]

    @property
    def ok(self) -> bool:
        """Whether no check found an error."""
        return not any(finding.severity == "error" for _, finding in self.findings)

    @property
    def findings(self) -> list[tuple[Result, Finding]]:
        """Every finding with the result that it is of, in the order of the checks."""
        return [(result, finding) for result in self.results for finding in result.findings]

    def count(self, severity: Severity) -> int:
        """Return how many findings have a severity."""
        return sum(finding.severity == severity for _, finding in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data: the JSON of ``ocrzoo plugins check --json``."""
        return {"schema": SCHEMA, "ok": self.ok, "results": [result.to_dict() for result in self.results]}
