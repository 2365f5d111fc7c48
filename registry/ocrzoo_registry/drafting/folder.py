"""What the folder of a model says of it: its formats, its ``inference.yml`` and its ``README.md``."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ocrzoo_registry.cards import inference_yml
from ocrzoo_registry.cards.address import Address
from ocrzoo_registry.cards.formats import CONFIG, describe_files, format_names
from ocrzoo_registry.drafting import front_matter
from ocrzoo_registry.drafting.facts import ModelFacts
from ocrzoo_registry.drafting.front_matter import README
from ocrzoo_registry.drafting.weights import DIGEST_ORIGIN, formats_of
from ocrzoo_registry.errors import NotFound, UsageError
from ocrzoo_registry.files import sha256_of

log = logging.getLogger("ocrzoo")


def complete_formats(names: list[str], where: str) -> dict[str, list[str]]:
    """Return the formats of which a place has all files, with its optional files.

    Raises:
        NotFound: There is none.
    """
    found = formats_of(names)
    if not found:
        needed = "; ".join(f"{kind}: {describe_files(kind)}" for kind in format_names())
        raise NotFound(f"{where} has no model ({needed})")
    beside = [name for name in (CONFIG, "inference.onnx.data") if name in names]
    return {
        kind: [*paths, *(one for one in beside if one == CONFIG or kind == "onnx")] for kind, paths in found.items()
    }


def facts_of(files: Mapping[str, Any], sources: Mapping[str, Any], folder: Path, address: Address) -> ModelFacts:
    """Return what the files in a folder say.

    The digest of ``inference.yml`` makes it the card's, whatever name is in it.

    Raises:
        IntegrityError: ``inference.yml`` is broken.
    """
    config = None
    if (own := folder / CONFIG).is_file():
        config = inference_yml.read(folder, f"{address}: {CONFIG}")
        pin = {"path": CONFIG, "size": own.stat().st_size, "sha256": sha256_of(own), "digest_origin": DIGEST_ORIGIN}
        files = {kind: [pin if one["path"] == CONFIG else one for one in listed] for kind, listed in files.items()}
    try:
        stated = front_matter.of_readme(folder / README, f"{address}: {README}")
    except (OSError, UsageError) as error:  # the model runs without it
        log.debug("no front matter: %s", error)
        stated = {}
    return ModelFacts(files, sources, config, stated)
