"""Receipts of rows, with what is too long for a table."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from tests.core.batch.kit import Batch, png, table

from ocrzoo.batch.rows import RESULTS
from ocrzoo.cli import main
from ocrzoo.pipelines.config import default_ocr
from ocrzoo.pipelines.factory import create_pipeline
from ocrzoo.pipelines.receipts import receipt_of
from ocrzoo_registry.zoo import Zoo


class TestLexicons:
    """A short one is in each row; of a long one, which would be larger than all else, its digest is."""

    LONG = ("Image", *(f"word {number}" for number in range(1000)))

    @pytest.fixture
    def image(self, source: Path) -> Path:
        path = source / "i.png"
        path.write_bytes(png("Image"))
        return path

    @pytest.fixture
    def receipt(self, batch: Batch, image: Path, dest: Path, tmp_path: Path) -> Path:
        assert image.exists()
        batch(options={"lexicon": self.LONG})
        path = tmp_path / "receipt.json"
        path.write_text(table(dest, RESULTS)[0]["receipt"])
        return path

    @pytest.fixture
    def words(self, tmp_path: Path) -> Path:
        path = tmp_path / "words.txt"
        path.write_text("\n".join(self.LONG) + "\n")
        return path

    def test_a_row_has_its_digest_and_length(self, receipt: Path) -> None:
        sha256 = hashlib.sha256("\n".join(self.LONG).encode()).hexdigest()
        assert json.loads(receipt.read_text())["options"] == {"lexicon": {"sha256": sha256, "entries": 1001}}

    def test_the_page_is_read_again_with_its_file(
        self, receipt: Path, image: Path, words: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["replay", str(receipt), str(image), "--lexicon", str(words)]) == 0
        assert capsys.readouterr().err.endswith("1 page: the same results\n")

    def test_without_it_or_with_another_one_line_says_so(
        self, receipt: Path, image: Path, words: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["replay", str(receipt), str(image)]) == 2
        assert "only the digest of its lexicon, 1001 entries: name its file by --lexicon" in capsys.readouterr().err
        words.write_text("Image\n")
        assert main(["replay", str(receipt), str(image), "--lexicon", str(words)]) == 2
        assert "--lexicon: not the lexicon of the receipt" in capsys.readouterr().err

    def test_a_short_one_is_in_the_receipt(
        self, batch: Batch, image: Path, words: Path, dest: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        batch(options={"lexicon": ["Image", "Images"]})
        path = tmp_path / "receipt.json"
        path.write_text(table(dest, RESULTS)[0]["receipt"])
        assert main(["replay", str(path), str(image)]) == 0
        capsys.readouterr()
        assert main(["replay", str(path), str(image), "--lexicon", str(words)]) == 2
        assert "--lexicon: the receipt lacks none" in capsys.readouterr().err

    def test_one_of_the_configuration_is_treated_alike(self, zoo: Zoo) -> None:
        config = default_ocr()
        config["SubModules"]["TextRecognition"]["lexicon"] = [*self.LONG]
        made = create_pipeline("OCR", config=config, zoo=zoo)
        receipt = receipt_of(made, threads=1, input_sha256="", options={}, pages=())
        reader = receipt.configuration["SubModules"]["TextRecognition"]
        assert reader["lexicon"]["entries"] == 1001
        again = receipt.with_lexicon(self.LONG)
        assert again.configuration["SubModules"]["TextRecognition"]["lexicon"] == [*self.LONG]
