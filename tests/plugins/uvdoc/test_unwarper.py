"""The flattener: pages in, flat pages out, and where each pixel came from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

import ocrzoo_uvdoc.predictor
from ocrzoo.engines.base import EngineOptions, TensorSpec
from ocrzoo.model_loader import ModelLoader
from ocrzoo.predictors.base import Unwarper
from ocrzoo.processing.rotation import undo_unwarping
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import InputError, IntegrityError
from ocrzoo_registry.zoo import Zoo
from ocrzoo_uvdoc.predictor import UVDocUnwarper

Array = NDArray[np.float32]
Image = NDArray[np.uint8]


class Computes:
    """A session that computes what it is told to, and keeps what it was given."""

    inputs: tuple[TensorSpec, ...] = (TensorSpec("img", (None, 3, None, None)),)

    def __init__(self, compute: Callable[[Array], Array]) -> None:
        self.batches: list[Array] = []
        self._compute = compute

    def run(self, batch: Array) -> Array:
        self.batches.append(batch)
        return self._compute(batch)


class Tells(Computes):
    """A session that gives its grid beside the page."""

    def __init__(self, compute: Callable[[Array], tuple[Array, ...]], align_corners: bool | None) -> None:
        super().__init__(lambda batch: compute(batch)[0])
        self.align_corners = align_corners
        self._all = compute

    def run_all(self, batch: Array) -> tuple[Array, ...]:
        return self._all(batch)


def noise(height: int, width: int, seed: int = 9) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.fixture
def card(zoo: Zoo) -> ModelCard:
    return zoo.models.get("UVDoc")


class TestPages:
    """From page to network and back."""

    def test_the_network_is_given_bgr_from_0_to_1_at_the_pages_size(self, card: ModelCard) -> None:
        session, page = Computes(lambda batch: batch), noise(37, 53)
        UVDocUnwarper(card, {}, session).predict([page])
        (batch,) = session.batches
        assert batch.shape == (1, 3, 37, 53)
        assert batch.dtype == np.float32
        for channel in range(3):
            np.testing.assert_array_equal(batch[0, channel], page[:, :, channel] * np.float32(1 / 255))

    def test_channels_stay_in_their_order_and_fractions_are_cut_off(self, card: ModelCard) -> None:
        page = noise(37, 53)
        (flat,) = UVDocUnwarper(card, {}, Computes(lambda batch: batch * 0.5)).predict([page])
        np.testing.assert_array_equal(flat.image, page // 2)
        assert flat.image.dtype == np.uint8
        assert flat.image.flags.c_contiguous
        assert flat.origin is None

    @pytest.mark.parametrize(
        ("value", "clipped", "wrapped"),
        [(-0.01, 0, 254), (-0.002, 0, 0), (0.5, 127, 127), (1.0, 255, 255), (1.0039, 255, 255), (1.02, 255, 4)],
    )
    def test_values_beyond_are_clipped_or_wrap_as_in_paddlex(
        self, card: ModelCard, value: float, clipped: int, wrapped: int
    ) -> None:
        flattener = UVDocUnwarper(card, {}, Computes(lambda batch: np.full_like(batch, value)))
        assert (flattener.predict([noise(4, 5)])[0].image == clipped).all()
        assert (flattener.predict([noise(4, 5)], wrap=True)[0].image == wrapped).all()

    @pytest.mark.parametrize("batch_size", [1, 2, 5])
    def test_pages_of_one_size_share_a_batch(self, card: ModelCard, batch_size: int) -> None:
        session = Computes(lambda batch: 1 - batch)
        sizes = [(30, 40), (40, 30), (30, 40), (30, 40), (20, 20), (40, 30)]
        pages = [noise(*size, seed=seed) for seed, size in enumerate(sizes)]
        flat = UVDocUnwarper(card, {}, session).predict(pages, batch_size)
        for page, unwarped in zip(pages, flat, strict=True):
            np.testing.assert_allclose(unwarped.image.astype(int), 255 - page.astype(int), atol=1)
        counts = [batch.shape[0] for batch in session.batches]
        assert counts == {1: [1] * 6, 2: [2, 1, 2, 1], 5: [3, 2, 1]}[batch_size]

    def test_no_pages(self, card: ModelCard) -> None:
        assert UVDocUnwarper(card, {}, Computes(lambda batch: batch)).predict([]) == []

    def test_a_page_that_is_too_large_is_that_pages_error(
        self, card: ModelCard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ocrzoo_uvdoc.predictor, "MOST_PIXELS", 2_000_000)
        session = Computes(lambda batch: batch)
        page = np.zeros((2000, 1001, 3), np.uint8)
        with pytest.raises(InputError, match=r"^UVDoc cannot unwarp a page of 1001 x 2000: at most 2 million pixels"):
            UVDocUnwarper(card, {}, session).predict([page[:1000], page])
        assert session.batches == []

    def test_a_batch_has_no_more_pixels_than_a_page_may_have(
        self, card: ModelCard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ocrzoo_uvdoc.predictor, "MOST_PIXELS", 2500)
        session = Computes(lambda batch: batch)
        UVDocUnwarper(card, {}, session).predict([noise(40, 30)] * 5, batch_size=5)
        assert [batch.shape[0] for batch in session.batches] == [2, 2, 1]

    @pytest.mark.parametrize(
        "compute",
        [lambda x: x[:, :1], lambda x: x[..., :-1], lambda x: x[0], lambda x: x[:, :, ::2]],
        ids=["gray", "narrow", "no batch", "half"],
    )
    def test_an_output_of_another_size_is_refused(self, card: ModelCard, compute: Callable[[Array], Array]) -> None:
        with pytest.raises(IntegrityError, match=r"^UVDoc: not an unwarping network: for an input of \(1, 3"):
            UVDocUnwarper(card, {}, Computes(compute)).predict([noise(20, 30)])

    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_a_network_that_gives_no_numbers_is_refused(self, card: ModelCard, value: float) -> None:
        def compute(batch: Array) -> Array:
            output = batch.copy()
            output[0, 1, 2, 3] = value
            return output

        with pytest.raises(IntegrityError, match=r"^UVDoc: the network's output has values that are not finite"):
            UVDocUnwarper(card, {}, Computes(compute)).predict([noise(20, 30)])


class TestOrigin:
    """Where each pixel was."""

    WIDTH, HEIGHT = 11, 6

    def places(self, outputs: Callable[[Array], tuple[Array, ...]], card: ModelCard, aligned: bool | None) -> Any:
        return UVDocUnwarper(card, {}, Tells(outputs, aligned)).predict([noise(self.HEIGHT, self.WIDTH)])[0].origin

    def grid(self, batch: Array, left: float, right: float) -> Array:
        x, y = np.meshgrid(np.linspace(left, right, self.WIDTH), np.linspace(left, right, self.HEIGHT))
        return np.stack([x, y], axis=-1)[None].astype(np.float32)

    def test_minus_one_and_one_are_the_outermost_pixels(self, card: ModelCard) -> None:
        origin = self.places(lambda batch: (batch, self.grid(batch, -1, 1)), card, aligned=True)
        assert origin.dtype == np.float32
        assert origin.shape == (self.HEIGHT, self.WIDTH, 2)
        np.testing.assert_allclose(origin[4, 7], (7, 4), atol=1e-5)
        np.testing.assert_allclose(origin[-1, -1], (self.WIDTH - 1, self.HEIGHT - 1), atol=1e-5)

    def test_or_the_edges_of_the_page_where_the_network_counts_so(self, card: ModelCard) -> None:
        origin = self.places(lambda batch: (batch, self.grid(batch, -1, 1)), card, aligned=False)
        np.testing.assert_allclose(origin[0, 0], (-0.5, -0.5), atol=1e-5)
        np.testing.assert_allclose(origin[-1, -1], (self.WIDTH - 0.5, self.HEIGHT - 0.5), atol=1e-5)

    @pytest.mark.parametrize("planes", [False, True])
    def test_a_network_may_have_been_exported_with_its_grid(self, card: ModelCard, planes: bool) -> None:
        def compute(batch: Array) -> tuple[Array, ...]:
            grid = self.grid(batch, -1, 1)
            return batch, grid.transpose(0, 3, 1, 2) if planes else grid

        np.testing.assert_allclose(self.places(compute, card, aligned=None)[4, 7], (7, 4), atol=1e-5)

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_a_grid_that_is_not_finite_is_ignored(self, card: ModelCard, value: float) -> None:
        def compute(batch: Array) -> tuple[Array, ...]:
            grid = self.grid(batch, -1, 1)
            grid[0, 1, 2] = value
            return batch, grid

        assert self.places(compute, card, aligned=True) is None

    def test_other_outputs_tell_nothing(self, card: ModelCard) -> None:
        assert self.places(lambda batch: (batch, batch), card, aligned=None) is None
        assert self.places(lambda batch: (batch, self.grid(batch, -1, 1)[:, ::2]), card, aligned=True) is None
        assert self.places(lambda batch: (batch,), card, aligned=None) is None


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime", "paddle"])
class TestStandIn:
    """Loaded as a pipeline loads it, from a folder of the user's."""

    @pytest.fixture
    def flattener(self, stand_ins: dict[str, Path], zoo: Zoo, engine: str) -> UVDocUnwarper:
        folder = stand_ins["UVDoc" if engine == "paddle" else "UVDoc_onnx"]
        predictor = ModelLoader(zoo, engine, EngineOptions(threads=2)).predictor("UVDoc", "image_unwarping", folder)
        assert isinstance(predictor, UVDocUnwarper)
        return predictor

    def test_pages_are_bent_alike_on_every_engine(
        self, flattener: UVDocUnwarper, engine: str, stand_ins: dict[str, Path], zoo: Zoo, sample: Path
    ) -> None:
        page: Image = np.asarray(cv2.imread(str(sample)), np.uint8)
        assert isinstance(flattener, Unwarper)
        (flat,) = flattener.predict([page])
        reference = ModelLoader(zoo, "onnxruntime", EngineOptions(threads=2))
        (expected,) = reference.predictor("UVDoc", "image_unwarping", stand_ins["UVDoc_onnx"]).predict([page])
        assert flat.image.shape == page.shape
        assert np.abs(flat.image.astype(int) - expected.image).max() <= 1
        assert np.abs(flat.image.astype(int) - page).max() > 100

    def test_wrapping_changes_what_lies_beyond_and_nothing_else(self, flattener: UVDocUnwarper, sample: Path) -> None:
        page: Image = np.asarray(cv2.imread(str(sample)), np.uint8)
        (clipped,), (wrapped,) = flattener.predict([page]), flattener.predict([page], wrap=True)
        changed = clipped.image != wrapped.image
        assert 0.0001 < changed.mean() < 0.1
        assert set(np.unique(clipped.image[changed])) <= {0, 255}

    def test_openvino_tells_where_every_pixel_was(self, flattener: UVDocUnwarper, engine: str) -> None:
        """A soft page, sampled where ``origin`` says, is the page that the network gave."""
        page = cv2.GaussianBlur(noise(240, 180), (0, 0), 6)
        page = cv2.normalize(page, None, 30, 225, cv2.NORM_MINMAX)  # type: ignore[call-overload]
        first, second = flattener.predict([page, page[:, ::-1].copy()], batch_size=2)
        if engine != "openvino":
            assert first.origin is None
            return
        for before, flat in ((page, first), (page[:, ::-1].copy(), second)):
            assert flat.origin is not None
            sampled = cv2.remap(before, flat.origin, None, cv2.INTER_LINEAR)  # type: ignore[call-overload]
            inside = (flat.origin >= 1).all(axis=2) & (flat.origin < (178, 238)).all(axis=2)
            assert inside.mean() > 0.9
            assert np.abs(sampled.astype(int) - flat.image)[inside].max() <= 3

    def test_marks_are_found_again(self, flattener: UVDocUnwarper, engine: str) -> None:
        """A box around a mark of the flat page leads back to the mark of the page."""
        page = np.full((300, 400, 3), 255, np.uint8)
        cv2.circle(page, (120, 200), 8, (0, 0, 0), -1)
        (flat,) = flattener.predict([page])
        rows, columns = np.nonzero(flat.image[5:-5, 20:-20, 0] < 100)
        center = np.array([[columns.mean() + 20, rows.mean() + 5]], np.float32)
        assert np.abs(center - (120, 200)).max() > 2
        if flat.origin is not None:
            np.testing.assert_allclose(undo_unwarping(flat.origin, center), np.array([[120, 200]]), atol=0.7)
        assert (flat.origin is None) == (engine != "openvino")
