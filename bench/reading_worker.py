"""A pipeline that reads pages, in a process of its own: a page's path a line on standard input, its lines out.

It runs in PaddleX's environment as well as in ocrzoo's, and so imports neither at the top. The job (JSON) is the first
line; for each further line, an answer (JSON) comes on standard output: ``texts``, and ``quads``, four corners each.
"""

from __future__ import annotations

import json
import sys

from peers_worker import ocrzoo_pipeline, paddlex_pipeline

PIPELINES = {"ocrzoo": ocrzoo_pipeline, "paddlex": paddlex_pipeline}


def main() -> None:
    """Make the pipeline, and read as often as asked."""
    answers = sys.stdout
    sys.stdout = sys.stderr  # whatever libraries print
    job = json.loads(sys.stdin.readline())
    pipeline = PIPELINES[job["program"]](job)
    for line in sys.stdin:
        (result,) = pipeline.predict([line.rstrip("\n")])
        quads = [[[float(value) for value in corner] for corner in quad] for quad in result["rec_polys"]]
        print(json.dumps({"texts": list(result["rec_texts"]), "quads": quads}), file=answers, flush=True)


if __name__ == "__main__":
    main()
