"""The pipeline configurations that PaddleX's tutorial of the General OCR pipeline measures, by its names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ocrzoo.pipelines.config import default_ocr
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.names import did_you_mean

SERVER = "PP-OCRv5_server"
MOBILE = "PP-OCRv5_mobile"


@dataclass(frozen=True)
class Configuration:
    """What a configuration changes in PaddleX's default configuration of the pipeline ``OCR``."""

    models: str = SERVER
    """Detection and recognition of this name; PaddleX's defaults are the server models."""
    preprocessing: bool = False
    """Whether pages are turned and unwarped first."""
    limit_type: str = "min"
    limit_side_len: int = 64
    """With ``limit_type``, how pages are scaled for detection; min 64 is PaddleX's default."""

    def config(self) -> dict[str, Any]:
        """Return the configuration in PaddleX's keys."""
        config = default_ocr()
        config["use_doc_preprocessor"] = self.preprocessing
        modules = config["SubModules"]
        modules["TextDetection"].update(
            model_name=f"{self.models}_det", limit_type=self.limit_type, limit_side_len=self.limit_side_len
        )
        modules["TextRecognition"]["model_name"] = f"{self.models}_rec"
        return config


CONFIGURATIONS: Mapping[str, Configuration] = {
    "OCR-default": Configuration(preprocessing=True),
    "OCR-nopp-mobile": Configuration(MOBILE),
    "OCR-nopp-server": Configuration(),
    "OCR-nopp-min736-mobile": Configuration(MOBILE, limit_side_len=736),
    "OCR-nopp-min736-server": Configuration(limit_side_len=736),
    "OCR-nopp-max640-mobile": Configuration(MOBILE, limit_type="max", limit_side_len=640),
    "OCR-nopp-max960-mobile": Configuration(MOBILE, limit_type="max", limit_side_len=960),
    "OCR-nopp-max640-server": Configuration(limit_type="max", limit_side_len=640),
    "OCR-nopp-max960-server": Configuration(limit_type="max", limit_side_len=960),
    "OCR-nopp-min1280-server": Configuration(limit_side_len=1280),
    "OCR-nopp-min1280-mobile": Configuration(MOBILE, limit_side_len=1280),
}
"""In the order of the tutorial's table."""


def named(names: str) -> dict[str, Configuration]:
    """Return the configurations of a list of names separated by commas; ``all`` is every one.

    Raises:
        UsageError: There is no configuration of a name.
    """
    if names == "all":
        return dict(CONFIGURATIONS)
    wanted = [name.strip() for name in names.split(",")]
    for name in wanted:
        if name not in CONFIGURATIONS:
            raise UsageError(f"--configurations: no configuration {name!r}{did_you_mean(name, CONFIGURATIONS)}")
    return {name: CONFIGURATIONS[name] for name in wanted}
