"""The options of the engine."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from docling.datamodel.pipeline_options import OcrOptions
from pydantic import Field


class OcrzooOptions(OcrOptions):
    """What to read with; by default, the pipeline's own models."""

    kind: ClassVar[Literal["ocrzoo"]] = "ocrzoo"
    lang: list[str] = Field(
        [], description="Languages: tags, names or codes that ocrzoo knows, or tags after `iso:`; none: any"
    )
    recognition_model: Annotated[str | None, Field(description="Read with this model; leave out `lang` then")] = None
    detection_model: Annotated[str | None, Field(description="Find lines with this model")] = None
