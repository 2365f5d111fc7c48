"""Guards around networks and code that others wrote: they fail as one line that names the model and plugin."""

from __future__ import annotations

from ocrzoo.guards.code import blamed_on, guard_pipeline, guard_predictor
from ocrzoo.guards.sessions import GuardedSession

__all__ = ["GuardedSession", "blamed_on", "guard_pipeline", "guard_predictor"]
