"""The settings of a server: what it reads with, and its limits."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ocrzoo.validation import faults, joined
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.names import did_you_mean

log = logging.getLogger("ocrzoo")

LanguagePolicy = Literal["installed", "any", "off"]

_HOST = re.compile(r"\*|(\*\.)?[\w.-]+|\[?[0-9a-fA-F:.]+\]?")
_ORIGIN = re.compile(r"https?://[^/\s]+")

MAX_BYTES = 100 << 20
"""Of a request."""
MAX_PAGES = 10
"""Of a document; PaddleX's default."""
PICTURE_SIZE = (2000, 2000)
"""PaddleX's default."""
TIMEOUT_S = 120.0
"""Of a request, its time in the queue included."""
QUEUE = 128
"""Requests that wait."""


class ServingExtra(BaseModel):
    """PaddleX's ``Serving.extra``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_num_input_imgs: int | None = Field(default=MAX_PAGES, ge=1)
    max_output_img_size: tuple[int, int] | None = Field(default=PICTURE_SIZE)
    file_storage: dict[str, Any] | None = None
    url_expires_in: int | None = None
    return_img_urls: bool | None = None


class ServingKeys(BaseModel):
    """The part ``Serving`` of a pipeline's configuration, as PaddleX has it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    visualize: bool | None = None
    return_urls: bool | None = None
    extra: ServingExtra | None = None


def parse_serving(keys: Mapping[str, Any] | None) -> ServingKeys:
    """Check the part ``Serving`` of a configuration; keys that have no effect here are logged.

    Raises:
        UsageError: A key is unknown, its value is not valid, or pictures as URLs are asked for.
    """
    try:
        parsed = ServingKeys.model_validate(keys or {})
    except ValidationError as error:
        first = faults(error, keys or {})[0]
        raise UsageError(f"{joined(('Serving', *first.place))}: {first.reason.lower()}") from error
    extra = parsed.extra
    if parsed.return_urls or (extra is not None and extra.return_img_urls):
        raise UsageError("Serving.return_urls: pictures are sent in the answer, not as URLs: remove this key")
    if extra is not None and extra.file_storage is not None:
        log.warning("Serving.extra.file_storage is ignored: pictures are sent in the answer and not kept")
    return parsed


def with_stages(config: object, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments of ``create_pipeline`` with the optional stages off that they do not turn on.

    A YAML file or a mapping as ``config`` says itself which are on.
    """
    from ocrzoo.pipelines.factory import OPTIONAL_STAGES

    if isinstance(config, Mapping) or str(config).lower().endswith((".yaml", ".yml")):
        return dict(options)
    return {**options, **{switch: bool(options.get(switch)) for switch in OPTIONAL_STAGES}}


@dataclass(frozen=True)
class ServerSettings:
    """What a server reads with, and its limits."""

    pipeline: str | None = "OCR"
    """A pipeline's name, or a YAML file with its configuration."""
    config: Mapping[str, Any] | None = None
    """The same as a mapping."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Further arguments of :func:`ocrzoo.create_pipeline`, as JSON has them."""
    workers: int | None = None
    """Worker processes; ``None``: by the number of cores."""
    threads: int | None = None
    """Threads of each worker; ``None``: the cores, divided by the workers."""
    jobs_per_worker: int = 4
    """Requests that a worker works on at once: pages of one are decoded while those of another are read."""
    queue: int = QUEUE
    queue_bytes: int = 512 << 20
    """Bytes of all requests that are held at once."""
    timeout_s: float = TIMEOUT_S
    body_timeout_s: float = 60.0
    """Seconds in which a request must have arrived."""
    max_bytes: int = MAX_BYTES
    max_pixels: int | None = None
    """Pixels of a page; ``None``: the limit of all inputs."""
    page_s: float = 20.0
    """Seconds that opening a PDF or rendering one of its pages may take: other requests wait meanwhile."""
    patterns_s: float = 2.0
    """Seconds that building the automata of a request's patterns may take: those of others wait meanwhile."""
    max_pages: int | None = MAX_PAGES
    picture_size: tuple[int, int] | None = PICTURE_SIZE
    visualize: bool = True
    """Whether answers of ``POST /ocr`` have pictures if the request does not say."""
    languages: LanguagePolicy = "installed"
    """Languages that requests may ask for: those of models on this machine, any (models are downloaded), or none."""
    languages_kept: int = 3
    """Choices of languages whose models a worker keeps loaded, besides the server's own."""
    stuck_s: float = 30.0
    """Seconds after which a worker is ended that does not stop, or does not respond."""
    start_s: float = 600.0
    """Seconds that a worker may take to load its models, which may be downloaded first."""
    recycle_pages: int | None = None
    """Pages after which a worker is replaced."""
    recycle_bytes: int | None = None
    """Memory above which a worker is replaced."""
    drain_s: float = 30.0
    """Seconds that requests in work get when the server stops."""
    url_hosts: Sequence[str] = ()
    """Hosts from which a request may have files downloaded; ``*.example.org`` has all below it."""
    private_urls: bool = False
    """Whether those may have addresses of a private network."""
    keys_file: Path | None = None
    """API keys; ``None``: no key is needed."""
    origins: Sequence[str] = ()
    """Sites whose scripts may read answers (CORS)."""
    cache_bytes: int = 0
    """Answers that are kept for equal requests."""
    jobs_bytes: int = 256 << 20
    """Results of asynchronous jobs that are kept until their clients fetch them."""
    jobs_kept: int = 1000
    """The same, as their number."""
    jobs_ttl_s: float = 3600.0
    """Seconds that such a result is kept."""
    uploads_bytes: int = 256 << 20
    """Files that are kept which clients upload before they ask for their text."""
    uploads_kept: int = 1000
    """The same, as their number."""
    uploads_ttl_s: float = 3600.0
    """Seconds that such a file is kept."""
    ui: bool = True
    """Whether the page ``/ui`` is there."""
    json_logs: bool = True

    def for_reading(self, threads: int) -> dict[str, Any]:
        """Return what :class:`~ocrzoo.serving.workers.pipelines.Pipelines` takes, as JSON has it."""
        return {
            "pipeline": self.pipeline,
            "config": self.config,
            "options": dict(self.options),
            "threads": threads,
            "languages": self.languages,
            "languages_kept": self.languages_kept,
            "max_pixels": self.max_pixels,
            "page_s": self.page_s,
            "patterns_s": self.patterns_s,
        }

    def __post_init__(self) -> None:
        """Refuse hosts and origins that could never match."""
        for host in self.url_hosts:
            if not _HOST.fullmatch(host):
                raise UsageError(f"url_host {host!r}: a name such as files.example.org or *.example.org is needed")
        for origin in self.origins:
            if origin != "*" and not _ORIGIN.fullmatch(origin):
                raise UsageError(f"origin {origin!r}: a site such as https://site.example is needed")

    def with_pipeline(self, config: str | Path | Mapping[str, Any] | None, **changes: Any) -> ServerSettings:
        """Return the settings with a pipeline's own, ``Serving`` of its configuration, and then ``changes``.

        ``config`` is the name of a pipeline, a YAML file or a mapping; ``None``: :attr:`pipeline` or :attr:`config`.

        Raises:
            UsageError: There is no such pipeline, the configuration is not valid, or there is no such setting.
        """
        from ocrzoo.pipelines.config import Configuration, read_config
        from ocrzoo.pipelines.schema import OCRConfig
        from ocrzoo_registry.zoo import Zoo

        known = {one.name for one in fields(self)}
        if unknown := next((name for name in changes if name not in known), None):
            raise UsageError(f"there is no setting {unknown!r}{did_you_mean(unknown, known)}")
        given: Mapping[str, Any] | None = config if isinstance(config, Mapping) else self.config
        name = self.pipeline if config is None or isinstance(config, Mapping) else str(config)
        if given is None and name is not None and name.lower().endswith((".yaml", ".yml")):
            given = read_config(Path(name))
        found = Configuration.load(Zoo(), None if given is not None else name, given)
        if not isinstance(found.record, OCRConfig):
            raise UsageError(f"pipeline {found.spec.name!r} cannot be served: only OCR, or a configuration of it")
        own = parse_serving(found.record.Serving)
        extra = own.extra or ServingExtra()
        own_keys: dict[str, Any] = {
            "pipeline": None if given is not None else name,
            "config": given,
            "max_pages": extra.max_num_input_imgs,
            "picture_size": extra.max_output_img_size,
            "visualize": own.visualize is not False,
        }
        return replace(self, **{**own_keys, **changes})
