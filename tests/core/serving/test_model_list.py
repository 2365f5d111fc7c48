"""The models that are loaded, as OpenAI's client lists them."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.weights


def test_openais_client_lists_the_models(url: str) -> None:
    import openai  # slow to import

    with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0, timeout=60) as client:
        models = list(client.models.list())
        assert {one.object for one in models} == {"model"}
        assert any(one.id.endswith("_det") for one in models)
        assert any(one.id.endswith("_rec") for one in models)
        assert client.models.retrieve(models[0].id) == models[0]
        with pytest.raises(openai.NotFoundError, match="no model of this name is loaded"):
            client.models.retrieve("gpt")
