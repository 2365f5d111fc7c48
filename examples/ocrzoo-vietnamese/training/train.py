"""Train the network on drawn lines, and write ``inference.onnx`` and the charset into the package.

    pip install "torch==2.13.0" babel pillow onnx
    python training/train.py --seed 7

The fonts are Debian's: ``apt-get install fonts-noto-core fonts-dejavu-extra``. One thread is used: two are no faster
on a network this small.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from random import Random

import numpy as np
import torch
from lines import HEIGHT, drawn
from network import Exported, Network
from text import charset, line, names
from torch import Tensor, nn

CARDS = Path(__file__).parents[1] / "ocrzoo_vietnamese" / "cards"

WIDTHS = (96, 128, 160, 224, 288)
"""Pixels; one for each batch."""
NARROWEST = 15
"""Pixels of a character, on average: more characters would not fit."""
BATCH = 32
MOST_RATE = 3e-3


def batch(rng: Random, known_names: list[str], classes: dict[str, int], size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Draw lines: pixels N x 3 x 48 x W, -1 to 1 and 0 beside the lines; their classes in a row; the length of each."""
    width = rng.choice(WIDTHS)
    pixels = np.zeros((size, 3, HEIGHT, width), np.float32)
    targets: list[list[int]] = []
    while len(targets) < size:
        text = line(rng, known_names, rng.randint(1, width // NARROWEST))
        if not text:
            continue
        picture = drawn(rng, text, width)
        if picture is None:
            continue
        pixels[len(targets), :, :, : picture.shape[1]] = picture / 127.5 - 1
        targets.append([classes[letter] for letter in text])
    together = torch.tensor([one for target in targets for one in target])
    return torch.from_numpy(pixels), together, torch.tensor([len(target) for target in targets])


def trained(network: Network, steps: int, seed: int, classes: dict[str, int]) -> None:
    """Train for a number of steps; the learning rate rises for a tenth of them, and then falls."""
    rng, known = Random(seed), names(held_out=False)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, MOST_RATE, total_steps=steps, pct_start=0.1)
    loss_of = nn.CTCLoss(zero_infinity=True)
    network.train()
    for step in range(1, steps + 1):
        pixels, targets, lengths = batch(rng, known, classes, BATCH)
        scores = network(pixels).log_softmax(2).transpose(0, 1)
        loss = loss_of(scores, targets, torch.full((BATCH,), scores.shape[0]), lengths)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        if step % 100 == 0 or step == steps:
            print(f"step {step}: loss {loss.item():.3f}, {time.process_time():.0f} s of CPU", flush=True)


def main() -> None:
    """Train, export, and write the charset."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--output", type=Path, default=CARDS / "weights" / "inference.onnx")
    given = parser.parse_args()
    torch.manual_seed(given.seed)
    torch.set_num_threads(1)
    entries = charset()
    classes = {entry: place for place, entry in enumerate((*entries, " "), 1)}  # 0 is the blank
    network = Network(len(classes) + 1)
    start = time.monotonic()
    trained(network, given.steps, given.seed, classes)
    print(f"{time.monotonic() - start:.0f} s, {time.process_time():.0f} s of CPU")
    torch.onnx.export(
        Exported(network).eval(),
        (torch.zeros(1, 3, HEIGHT, 320),),
        given.output,
        input_names=["x"],
        output_names=["y"],
        dynamic_axes={"x": {0: "n", 3: "w"}, "y": {0: "n", 1: "t"}},
        dynamo=False,
    )
    if given.output.parent.parent == CARDS:
        (CARDS / "charsets" / "vietnamese.txt").write_text("".join(f"{entry}\n" for entry in entries), encoding="utf-8")


if __name__ == "__main__":
    main()
