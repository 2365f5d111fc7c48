"""The tables of results and of errors: their columns, and a part of each as a Parquet file."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ocrzoo.batch.items import Item
from ocrzoo_registry.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from ocrzoo.results.ocr import OCRResult

RESULTS, ERRORS = "results", "errors"
"""The folders of both tables in DEST."""
SUFFIX = ".parquet"


def require_pyarrow() -> None:
    """Check that tables can be written.

    Raises:
        UsageError: pyarrow is not installed.
    """
    try:
        import pyarrow as pa  # noqa: F401
    except ImportError as error:
        raise UsageError(f"results are Parquet files: run pip install 'ocrzoo[batch]' ({error})") from error


def key_of(item: Item, page: int | None, sha256: str, run: int) -> dict[str, Any]:
    """Return the columns that both tables have; ``pieces`` follows once it is known."""
    return {
        "input": item.input,
        "member": item.member,
        "page": page,
        "pieces": item.pieces,
        "size": item.size,
        "stamp": item.stamp,
        "sha256": sha256,
        "run": run,
    }


def result_row(result: OCRResult, width: int, height: int, remarks: Sequence[str]) -> dict[str, Any]:
    """Return the columns of a page that was read; ``remarks`` are of decoding it."""
    order = [int(index) for index in result.order]
    texts: Sequence[str] = result["rec_texts"]
    return {
        "width": width,
        "height": height,
        "text": result.text if "paragraphs" in result else "\n".join(texts[index] for index in order if texts[index]),
        "texts": list(texts),
        "scores": [float(score) for score in result["rec_scores"]],
        "boxes": [[int(number) for number in box] for box in np.asarray(result["rec_boxes"]).reshape(-1, 4)],
        "polygons": [[int(number) for number in np.asarray(quad).reshape(-1)] for quad in result["rec_polys"]],
        "reading_order": order,
        "languages": result.get("rec_languages"),
        "warnings": [*remarks, *result.get("warnings", ())],
    }


def to_parquet(rows: Sequence[Mapping[str, Any]], table: str) -> bytes:
    """Return rows as the content of a Parquet file of one of the tables."""
    import pyarrow as pa

    return table_to_parquet(pa.Table.from_pylist(list(rows), schema=_schema(table)))


def table_to_parquet(table: pa.Table) -> bytes:
    """Return a table as the content of a Parquet file."""
    from pyarrow import parquet

    content = io.BytesIO()
    parquet.write_table(table, content, compression="zstd")
    return content.getvalue()


def _schema(table: str) -> pa.Schema:
    import pyarrow as pa

    key = [
        ("input", pa.string()),
        ("member", pa.string()),
        ("page", pa.int32()),
        ("pieces", pa.int32()),
        ("size", pa.int64()),
        ("stamp", pa.string()),
        ("sha256", pa.string()),
        ("run", pa.int32()),
    ]
    own = {
        RESULTS: [
            ("width", pa.int32()),
            ("height", pa.int32()),
            ("text", pa.string()),
            ("texts", pa.list_(pa.string())),
            ("scores", pa.list_(pa.float32())),
            ("boxes", pa.list_(pa.list_(pa.int16()))),
            ("polygons", pa.list_(pa.list_(pa.int16()))),
            ("reading_order", pa.list_(pa.int32())),
            ("languages", pa.list_(pa.string())),
            ("warnings", pa.list_(pa.string())),
            ("result_sha256", pa.string()),
            ("receipt", pa.string()),
        ],
        ERRORS: [("error", pa.string()), ("message", pa.string())],
    }
    return pa.schema(key + own[table])
