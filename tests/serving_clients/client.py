"""Read an image by the server at a base URL: ``client.py URL IMAGE FOLDER`` prints the lines, saves the pictures."""

from __future__ import annotations

import sys
from base64 import b64decode, b64encode
from pathlib import Path


def main(url: str, image: str, folder: str) -> None:
    """Ask ``/ocr``; every page has to come with its picture."""
    import requests

    asked = {"file": b64encode(Path(image).read_bytes()).decode("ascii"), "fileType": 1}
    answer = requests.post(f"{url}/ocr", json=asked, timeout=120)
    assert answer.status_code == 200, answer.text
    for number, page in enumerate(answer.json()["result"]["ocrResults"]):
        print(*page["prunedResult"]["rec_texts"], sep="\n")
        Path(folder, f"page_{number}.jpg").write_bytes(b64decode(page["ocrImage"]))


if __name__ == "__main__":
    main(*sys.argv[1:])
