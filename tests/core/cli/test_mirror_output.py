"""What a plan says of a model that no source lists."""

import pytest

from ocrzoo.cli.mirror_output import planned_as_json
from ocrzoo_registry.errors import Attempt
from ocrzoo_registry.mirror.plan import PlannedModel, RequestedModel
from ocrzoo_registry.zoo import Zoo

LACKS = Attempt("wheel", "has no onnx files", "missing")
SILENT = Attempt("huggingface", "huggingface.co: Name or service not known", "unreachable")
LACKS_TOO = Attempt("pip", "has no onnx files here", "missing")


@pytest.mark.parametrize(
    ("attempts", "reason"),
    [
        ((), None),
        ((LACKS, LACKS_TOO), LACKS_TOO.message),
        ((LACKS, SILENT, LACKS_TOO), SILENT.message),
    ],
)
def test_a_source_that_failed_is_named_before_those_that_lack_the_model(
    attempts: tuple[Attempt, ...], reason: str | None
) -> None:
    request = RequestedModel(Zoo().models.get("UVDoc"), "onnx")
    assert planned_as_json(PlannedModel(request, "unavailable", attempts=attempts))["answer"] == reason
