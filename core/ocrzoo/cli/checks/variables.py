"""The settings in force, and the variables of the environment that they come from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ocrzoo.cli.checks import Finding
from ocrzoo_registry.names import did_you_mean
from ocrzoo_registry.zoo import Zoo

VARIABLES = (
    *("OCRZOO_HOME", "PADDLE_PDX_CACHE_HOME", "PADDLE_PDX_MODEL_SOURCE", "OCRZOO_MODEL_PATH"),
    *("PADDLE_PDX_HUGGING_FACE_ENDPOINT", "HF_ENDPOINT", "MODELSCOPE_ENDPOINT", "MODELSCOPE_DOMAIN"),
    *("STUDIO_GIT_HOST", "OCRZOO_BOS_ENDPOINT", "OCRZOO_MIRROR", "OCRZOO_MIRROR_KEY", "OCRZOO_MIRROR_CARDS"),
    *("OCRZOO_INSECURE_REGISTRIES", "DOCKER_CONFIG"),
    *("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME", "MODELSCOPE_CACHE", "AISTUDIO_CACHE_HOME"),
    *("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_PROFILE"),
    *("HF_TOKEN", "MODELSCOPE_API_TOKEN", "AISTUDIO_ACCESS_TOKEN", "OCRZOO_MIRROR_TOKEN"),
    *("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy"),
    *("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"),
    *("OCRZOO_OFFLINE", "HF_HUB_OFFLINE", "OCRZOO_STRICT", "OCRZOO_FETCH_FONTS"),
    *("OCRZOO_PLUGINS", "OCRZOO_PLUGIN_KEYS", "OCRZOO_OVERRIDE", "OCRZOO_DISABLE_PLUGINS"),
    *("PADDLE_PDX_PDF_RENDER_SCALE", "PADDLE_PDX_PDF_MIN_RENDER_SCALE", "PADDLE_PDX_LOCAL_FONT_FILE_PATH"),
)
"""The variables of ``docs/settings.md``."""

_SECRET = re.compile("TOKEN|KEY_ID|SECRET|PASSWORD")


def settings(zoo: Zoo) -> Iterator[Finding]:
    """The variables that are set, and those that look like ours and are not known."""
    environ = zoo.settings.environ
    given = {name: _shown(name, environ[name]) for name in VARIABLES if environ.get(name)}
    origin = next((name for name in ("OCRZOO_HOME", "PADDLE_PDX_CACHE_HOME") if environ.get(name)), "default")
    listed = ", ".join(f"{name}={value}" for name, value in given.items()) or "no variable is set"
    data = {"home": str(zoo.settings.home), "home_from": origin, "offline": zoo.settings.offline, "variables": given}
    yield Finding("ok", f"home {zoo.settings.home} ({origin}); {listed}", data=data)
    yield from _unknown(environ)


def _unknown(environ: Mapping[str, str]) -> Iterator[Finding]:
    for name in sorted(environ):
        if name.startswith("OCRZOO_") and name not in VARIABLES:
            yield Finding(
                "warning",
                f"{name} is set, and no setting has this name{did_you_mean(name, VARIABLES)}",
                f"unset {name}",
            )


def _shown(name: str, value: str) -> str:
    """The value without secrets: tokens, and user names and passwords in URLs."""
    return "(set)" if _SECRET.search(name) else re.sub(r"(:/*|/)[^/\s]*@", r"\1...@", value)
