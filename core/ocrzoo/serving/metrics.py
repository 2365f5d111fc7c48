"""What the server counts, for Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest

from ocrzoo.serving.reading import Answer

if TYPE_CHECKING:
    from ocrzoo.serving.workers.pool import Pool

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class Metrics:
    """The figures of one server."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "ocrzoo_requests", "Requests by route, status and code", ["route", "status", "code"], registry=self.registry
        )
        self.seconds = Histogram(
            "ocrzoo_request_seconds", "Whole requests", ["route"], buckets=_SECONDS, registry=self.registry
        )
        self._queue = Histogram(
            "ocrzoo_queue_seconds", "Time that files waited for a worker", buckets=_SECONDS, registry=self.registry
        )
        self._work = Histogram(
            "ocrzoo_work_seconds", "Time that workers took for a file", buckets=_SECONDS, registry=self.registry
        )
        self._pages = Counter("ocrzoo_pages", "Pages that were read", registry=self.registry)
        self._failed_pages = Counter("ocrzoo_failed_pages", "Pages that could not be read", registry=self.registry)
        self._lines = Counter("ocrzoo_lines", "Lines of text that were read", registry=self.registry)
        self._shared = Counter("ocrzoo_shared_answers", "Answers made for an equal request", registry=self.registry)
        self._workers = Counter(
            "ocrzoo_worker_events", "Workers lost, killed or recycled", ["event"], registry=self.registry
        )
        for event in ("lost", "killed", "recycled"):  # from the start: Prometheus does not see a first increase else
            self._workers.labels(event)
        self._models = Info("ocrzoo_model", "Models that are loaded", ["module"], registry=self.registry)

    def worker_event(self, event: str) -> None:
        """Count what became of a worker."""
        self._workers.labels(event).inc()

    def answered(self, answer: Answer, *, shared: bool) -> None:
        """Count an answer."""
        if shared:
            self._shared.inc()
            return
        self._queue.observe(answer.queue_s)
        self._work.observe(answer.work_s)
        self._pages.inc(sum(page.error is None for page in answer.pages))
        self._failed_pages.inc(sum(page.error is not None for page in answer.pages))
        self._lines.inc(sum(page.lines for page in answer.pages))

    def watch(self, pool: Pool) -> None:
        """Show the state of the workers whenever the figures are asked for."""
        gauges = {
            "ocrzoo_waiting_requests": ("Requests in the queue", lambda: len(pool.waiting)),
            "ocrzoo_running_requests": ("Requests that workers have", lambda: pool.in_work),
            "ocrzoo_held_bytes": ("Bytes of the requests held", lambda: pool.held_bytes),
            "ocrzoo_ready_workers": ("Workers whose models are loaded", lambda: sum(w.is_ready for w in pool.workers)),
            "ocrzoo_worker_memory_bytes": ("Memory of all workers", lambda: sum(w.memory for w in pool.workers)),
        }
        for name, (text, value) in gauges.items():
            Gauge(name, text, registry=self.registry).set_function(value)
        self._pool = pool

    def render(self) -> bytes:
        """Return the figures in the text format of Prometheus."""
        for model in self._pool.models:
            digests = ",".join(f"{path}={digest}" for path, digest in sorted(model["sha256"].items()))
            keys = ("name", "format", "engine", "engine_version", "precision", "device")
            self._models.labels(model["module"]).info({**{key: str(model[key]) for key in keys}, "sha256": digests})
        return generate_latest(self.registry)
