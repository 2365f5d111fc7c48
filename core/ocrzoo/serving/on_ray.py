"""``ocrzoo.serving.on_ray:app``: the server as an application of Ray Serve, which adds replicas as requests wait.

A replica is the whole server of :mod:`ocrzoo.serving.app` with one worker process: its queue, limits and answers
are those of ``ocrzoo serve``. Serve starts, watches and stops replicas, and spreads requests over them::

    applications:
      - name: ocrzoo
        import_path: ocrzoo.serving.on_ray:app
        args: {lang: ru, threads: 4}
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ocrzoo.serving.settings import ServerSettings
from ocrzoo_registry.errors import UsageError

if TYPE_CHECKING:
    from ray.serve import Application
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ocrzoo.serving.service import Service

NAME = "ocrzoo"
"""Of the deployment, for what a configuration of Serve changes of it."""
THREADS = 4
"""CPUs of a replica."""
QUEUE = 32
"""Requests that wait in a replica. Fewer than in a server alone: those that came before a new replica stay where they
are."""
BESIDE = 16
"""Requests that a replica takes besides those that it works on or queues: it refuses them itself, with the time to come
again, and is asked whether it is ready."""
MAX_REPLICAS = 8
STOP_S = 10.0
"""Seconds that a replica may take to end after its requests."""
_POLL_S = 0.1


def app(args: Mapping[str, Any]) -> Application:
    """Return the application; Serve calls this with ``args`` of its configuration.

    They are those of :func:`ocrzoo.serving.app.create_app`, as YAML has them: ``config``, arguments of
    :func:`ocrzoo.create_pipeline` and fields of :class:`~ocrzoo.serving.settings.ServerSettings`, but ``workers``. What
    Serve decides (replicas, CPUs, GPUs, times) can be changed under ``deployments`` of its configuration, by the name
    ``ocrzoo``.

    Raises:
        UsageError: A setting is not valid, or Ray or the server is not installed.
    """
    try:
        from ray import serve

        from ocrzoo.serving.app import settings_of
    except ImportError as error:
        raise UsageError(f"Ray Serve is not installed ({error}): run pip install 'ocrzoo[ray]'") from error
    if "workers" in args:
        raise UsageError("workers: a replica has one worker; set num_replicas or autoscaling_config of the deployment")
    given = {"threads": THREADS, "queue": QUEUE, **args}
    if given.get("keys_file") is not None:
        given["keys_file"] = Path(given["keys_file"])
    settings = settings_of(given.pop("config", None), workers=1, **given)
    deployment = serve.deployment(
        name=NAME,
        ray_actor_options={"num_cpus": settings.threads},
        max_ongoing_requests=settings.jobs_per_worker + settings.queue + BESIDE,
        autoscaling_config={
            "min_replicas": 1,
            "max_replicas": MAX_REPLICAS,
            "target_ongoing_requests": settings.jobs_per_worker,
        },
        graceful_shutdown_timeout_s=settings.drain_s + STOP_S,
    )
    return deployment(serve.ingress(Server(settings))(Replica)).bind()


class Server:
    """The ASGI application of a replica: made from its settings in the process where it runs."""

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings

    @cached_property
    def service(self) -> Service:
        """What reads the files of requests."""
        from ocrzoo.serving.service import Service

        return Service(self._settings)

    @cached_property
    def _app(self) -> ASGIApp:
        from ocrzoo.serving.app import application_of
        from ocrzoo.serving.logs import log_as_json

        if self._settings.json_logs:
            log_as_json()
        else:
            logging.getLogger("ocrzoo").setLevel(logging.INFO)
        return application_of(self.service)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or start and stop the workers."""

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":  # Serve gave the request its name, and sends it too
                message = {**message, "headers": [one for one in message["headers"] if one[0] != b"x-request-id"]}
            await send(message)

        await self._app(scope, receive, sent)


class Replica:
    """What Serve asks a replica besides requests."""

    app: Server
    """Set by ``serve.ingress``."""

    def __init__(self) -> None:
        self._has_been_ready = False

    async def check_health(self) -> None:
        """Wait for the models when the replica starts: it gets no requests before. Then say whether ``/readyz`` does.

        Raises:
            RuntimeError: The models could not be loaded, or there is no worker: Serve starts another replica.
        """
        pool = self.app.service.pool
        while not (self._has_been_ready or pool.is_ready or pool.refusal):
            await asyncio.sleep(_POLL_S)
        if not pool.is_ready:
            raise RuntimeError(pool.refusal or "a worker is loading its models")
        self._has_been_ready = True
