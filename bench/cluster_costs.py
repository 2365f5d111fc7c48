"""Measure what ``bench.cluster_model`` needs to know: ``python -m bench.cluster_costs [--parts N] [--no_ray]``.

Of Ray Data: the seconds of the driver's process and of the head's other processes for a part, where the actors do
nothing; the dataset has the shape of that of ``ocrzoo batch``. Of the pipeline: the seconds of the processor for each
page of ``tests/data/pages``, how much they differ, and the bytes of a page's result as Parquet. Seconds of the
processor, and not those of a clock: other work on the machine makes them less wrong.
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import time
from pathlib import Path
from typing import Any

import psutil

PAGES = sorted((Path(__file__).parents[1] / "tests" / "data" / "pages").glob("*.png"))
MODELS = {"text_detection_model_name": "PP-OCRv5_mobile_det", "text_recognition_model_name": "PP-OCRv5_mobile_rec"}
OFF = dict.fromkeys(("use_doc_orientation_classify", "use_doc_unwarping", "use_textline_orientation"), False)
LINE = {"path": "part-00000000-0000-0000-0000-000000000000.parquet", "pages": 64, "failed": 0, "bytes": 19_000_000}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", type=int, default=1000)
    parser.add_argument("--no_ray", action="store_true")
    options = parser.parse_args()
    began = time.process_time()
    for _ in range(10_000_000):
        pass
    found = {"seconds_of_a_loop": time.process_time() - began, **pages()}
    if not options.no_ray:
        found |= driver(options.parts)
    print(json.dumps(found, indent=1))


def pages() -> dict[str, float]:
    """Read pages with one thread; gives seconds of the processor and bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from ocrzoo import create_pipeline

    began = time.process_time()
    pipeline = create_pipeline("OCR", **MODELS, **OFF, threads=1)
    rows: list[dict[str, Any]] = []
    seconds: list[float] = []
    for path in PAGES:  # the first round compiles for the shapes
        list(pipeline.predict(path))
    loaded = time.process_time() - began
    for path in PAGES:
        start = time.process_time()
        (result,) = pipeline.predict(path)
        seconds.append(time.process_time() - start)
        page = result.json["res"]
        polygons = [[float(value) for point in one for value in point] for one in page["rec_polys"]]
        row = {"path": path.name, "texts": page["rec_texts"], "scores": page["rec_scores"], "polygons": polygons}
        rows.append(row)
    written = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), written, compression="zstd")
    mean = statistics.mean(seconds)
    return {
        "pages": len(seconds),
        "page_cpu_s": mean,
        "page_spread": statistics.stdev(seconds) / mean,
        "load_and_first_round_cpu_s": loaded,
        "result_bytes": written.tell() / len(rows),
    }


def driver(parts: int) -> dict[str, float]:
    """Hand out parts to actors that do nothing; gives seconds for each, from the difference of two runs."""
    import ray

    class Actor:
        def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
            return {"line": batch["line"]}

    ray.init(include_dashboard=False, log_to_driver=False, num_cpus=4)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    me = psutil.Process()
    head = [one for one in me.children(recursive=True) if one.name() in {"gcs_server", "raylet"}]

    def run(count: int) -> tuple[float, float, float]:
        lines = [{"line": json.dumps(LINE)} for _ in range(count)]
        own, others, start = cpu(me), sum(map(cpu, head)), time.perf_counter()
        dataset = (
            ray.data.from_items(lines, override_num_blocks=count)
            .flat_map(lambda row: [row], num_cpus=0.1)
            .map_batches(Actor, batch_size=1, compute=ray.data.ActorPoolStrategy(size=2), num_cpus=1)
        )
        assert sum(1 for _ in dataset.iter_rows()) == count
        return cpu(me) - own, sum(map(cpu, head)) - others, time.perf_counter() - start

    small, large = run(parts // 10), run(parts)
    own, others, wall = ((more - less) / (parts - parts // 10) for more, less in zip(large, small, strict=True))
    ray.shutdown()
    return {"driver_cpu_s": own, "head_cpu_s": others, "wall_s": wall}


def cpu(process: psutil.Process) -> float:
    """Return the seconds of the processor that a process has used."""
    used = process.cpu_times()
    return float(used.user + used.system)


if __name__ == "__main__":
    main()
