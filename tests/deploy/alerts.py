"""Figures of a server in trouble, and the alert that they must raise: cases for ``promtool test rules``."""

from __future__ import annotations

from typing import Any

_INSTANCE = 'instance="one:8080"'


def _case(
    alert: str, series: str, values: str, labels: dict[str, str], summary: str, description: str = ""
) -> dict[str, Any]:
    told = {"summary": summary, **({"description": description} if description else {})}
    expected = {"exp_labels": labels, "exp_annotations": told}
    return {
        "interval": "1m",
        "input_series": [{"series": series, "values": values}],
        "alert_rule_test": [{"eval_time": "10m", "alertname": alert, "exp_alerts": [expected]}],
    }


CASES = [
    _case(
        "OcrzooDown",
        f'up{{job="ocrzoo",{_INSTANCE}}}',
        "1x5 0x10",
        {"severity": "critical", "job": "ocrzoo", "instance": "one:8080"},
        "one:8080 does not answer",
    ),
    _case(
        "OcrzooNotReady",
        f"ocrzoo_ready_workers{{{_INSTANCE}}}",
        "1x5 0x10",
        {"severity": "critical", "instance": "one:8080"},
        "one:8080 has no worker with its models loaded",
        "GET /readyz says why.",
    ),
    _case(
        "OcrzooQueueFull",
        f'ocrzoo_requests_total{{code="queue_full",route="/ocr",status="503",{_INSTANCE}}}',
        "0+5x20",
        {"severity": "warning", "instance": "one:8080"},
        "one:8080 refuses requests because its queue is full",
        "Start another server, or give this one more cores.",
    ),
    _case(
        "OcrzooWorkerLost",
        f'ocrzoo_worker_events_total{{event="lost",{_INSTANCE}}}',
        "0x7 1x10",
        {"severity": "warning", "instance": "one:8080", "event": "lost"},
        "A worker of one:8080 ended unexpectedly",
        "A file made it crash or hang, or it ran out of memory: see the server's log.",
    ),
]
