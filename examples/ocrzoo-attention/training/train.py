"""Train both networks together on drawn numbers, and write them into the package.

    pip install "torch==2.13.0" pillow onnx
    python training/train.py --seed 7

The encoder is also asked for the text by CTC, with a layer that is thrown away: so the decoder soon finds columns that
it can tell apart. The fonts are Debian's: ``apt-get install fonts-noto-core fonts-dejavu-extra``. One thread is used.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from random import Random

import numpy as np
import torch
from lines import CHARACTERS, HEIGHT, MOST, WIDTH, drawn, number, scaled
from network import DEPTH, Decoder, Encoder
from torch import Tensor, nn

CARDS = Path(__file__).parents[1] / "ocrzoo_attention" / "cards"

BATCH = 32
MOST_RATE = 2e-3


def batch(rng: Random) -> tuple[Tensor, Tensor]:
    """Draw lines: pixels, N x 1 x 32 x 160 uint8; the classes of their characters, N x 11, filled with the end."""
    texts = [number(rng) for _ in range(BATCH)]
    pixels = np.stack([scaled(drawn(rng, text)) for text in texts])[:, np.newaxis]
    targets = torch.zeros(BATCH, MOST + 1, dtype=torch.int64)
    for row, text in enumerate(texts):
        targets[row, : len(text)] = torch.tensor([CHARACTERS.index(letter) + 1 for letter in text])
    return torch.from_numpy(pixels), targets


def loss_of(decoder: Decoder, features: Tensor, targets: Tensor) -> Tensor:
    """Return the cross-entropy of each character given those before it; the end counts once."""
    last, state = torch.zeros(len(targets), dtype=torch.int64), torch.zeros(len(targets), DEPTH)
    lost, counted = torch.zeros(()), 0
    for place in range(MOST + 1):
        scores, state = decoder.scores(features, last, state)
        counts = (targets[:, place] > 0) | (last > 0) if place else torch.ones(len(targets), dtype=torch.bool)
        losses = nn.functional.cross_entropy(scores, targets[:, place], reduction="none")
        lost, counted = lost + losses[counts].sum(), counted + int(counts.sum())
        last = targets[:, place]
    return lost / counted


def trained(encoder: Encoder, decoder: Decoder, steps: int, seed: int) -> None:
    """Train for a number of steps; the learning rate rises for a tenth of them, and then falls."""
    rng, columns = Random(seed), nn.Linear(DEPTH, len(CHARACTERS) + 1)
    weights = [*encoder.parameters(), *decoder.parameters(), *columns.parameters()]
    optimizer = torch.optim.AdamW(weights, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, MOST_RATE, total_steps=steps, pct_start=0.1)
    by_columns = nn.CTCLoss(zero_infinity=True)
    for step in range(1, steps + 1):
        pixels, targets = batch(rng)
        features = encoder(pixels)
        written = columns(features).log_softmax(2).transpose(0, 1)
        lengths = (targets > 0).sum(1)
        aside = by_columns(written, targets, torch.full((BATCH,), written.shape[0]), lengths)
        loss = loss_of(decoder, features, targets)
        optimizer.zero_grad()
        (loss + aside).backward()
        nn.utils.clip_grad_norm_(weights, 5.0)
        optimizer.step()
        schedule.step()
        if step % 100 == 0 or step == steps:
            losses = f"loss {loss.item():.3f}, by columns {aside.item():.3f}"
            print(f"step {step}: {losses}, {time.process_time():.0f} s of CPU", flush=True)


def main() -> None:
    """Train, and export both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--output", type=Path, default=CARDS / "weights")
    given = parser.parse_args()
    torch.manual_seed(given.seed)
    torch.set_num_threads(1)
    encoder, decoder = Encoder(), Decoder(len(CHARACTERS) + 1)
    start = time.monotonic()
    trained(encoder, decoder, given.steps, given.seed)
    print(f"{time.monotonic() - start:.0f} s, {time.process_time():.0f} s of CPU")
    for role in ("encoder", "decoder"):
        (given.output / role).mkdir(parents=True, exist_ok=True)
    pixels = torch.zeros(1, 1, HEIGHT, WIDTH, dtype=torch.uint8)
    torch.onnx.export(
        encoder.eval(),
        (pixels,),
        given.output / "encoder" / "inference.onnx",
        input_names=["pixels"],
        output_names=["features"],
        dynamic_axes={"pixels": {0: "n"}, "features": {0: "n"}},
        dynamo=False,
    )
    asked = {"features": torch.zeros(1, WIDTH // 4, DEPTH), "last": torch.zeros(1, dtype=torch.int64)}
    asked["state"] = torch.zeros(1, DEPTH)
    answered = ["next", "probability", "state_after"]
    torch.onnx.export(
        decoder.eval(),
        tuple(asked.values()),
        given.output / "decoder" / "inference.onnx",
        input_names=[*asked],
        output_names=answered,
        dynamic_axes={name: {0: "n"} for name in (*asked, *answered)},
        dynamo=False,
    )


if __name__ == "__main__":
    main()
