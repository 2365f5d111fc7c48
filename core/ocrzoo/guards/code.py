"""Guards around the code of plugins: whatever it raises becomes one line that names the model and the plugin."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from typing import Any, cast

from ocrzoo_registry.errors import InputError, OcrzooError, PluginError


@contextmanager
def blamed_on(plugin: str, name: str, part: str = "", failure: type[OcrzooError] = PluginError) -> Iterator[None]:
    """Turn any exception of a plugin's code into an error that names the plugin, ``name`` and its ``part`` that failed.

    Our own errors only get the names that they lack.

    Raises:
        OcrzooError: Of the type ``failure`` for what is none of our own.
    """
    try:
        yield
    except OcrzooError as error:
        text = str(error) if name in str(error) else f"{name}: {error}"
        error.args = (text if plugin in text else f"{text.rstrip('.')} (plugin {plugin})", *error.args[1:])
        raise
    except MemoryError:
        raise
    except (Exception, SystemExit) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        what = f"{name}: {part}" if part else name
        raise failure(f"{what} of plugin {plugin} failed: {reason}") from error


def guard_predictor(predictor: Any, name: str, plugin: str) -> None:
    """Let ``predict`` of our own predictor, of a model that a plugin brought, name both in each of its errors."""
    predict = predictor.predict

    @wraps(predict)
    def guarded(*arguments: Any, **options: Any) -> Any:
        with blamed_on(plugin, name, "the predictor", InputError):
            return predict(*arguments, **options)

    _replace_predict(predictor, guarded)


def guard_pipeline(pipeline: Any, name: str, plugin: str) -> None:
    """Let ``predict`` of a plugin's pipeline name the pipeline and the plugin in each of its errors.

    Raises:
        PluginError: It has no method ``predict``.
    """
    predict: Any = getattr(pipeline, "predict", None)
    if not callable(predict):
        raise PluginError(f"pipeline {name!r} of plugin {plugin} has no method predict ({type(pipeline).__name__})")

    @wraps(predict)
    def guarded(*arguments: Any, **options: Any) -> Iterator[Any]:
        with blamed_on(plugin, f"pipeline {name!r}"):
            yield from cast("Iterable[Any]", predict(*arguments, **options))

    _replace_predict(pipeline, guarded)


def _replace_predict(owner: Any, guarded: Callable[..., Any]) -> None:
    """Replace the method of one object; one with ``__slots__`` stays as it is."""
    with suppress(AttributeError, TypeError):
        object.__setattr__(owner, "predict", guarded)  # also where the class is a frozen one
