"""How many free-form masks a second, beside the published brush's Pillow code.

    python tests/speed/brush.py [ROUNDS]

Both draw the same number of 256x256 masks in turns, on one core, ROUNDS times; the medians of the rates and
of their ratio are printed. The peer is `masks.protocols.legacy_spmpgan` (Python's and NumPy's
generators and Pillow's line and ellipse), which does what the published code does.
"""

from __future__ import annotations

import platform
import random
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import PIL

from masks import FreeForm, Site, freeform_batch
from masks.protocols.legacy_spmpgan import legacy_mask, legacy_stroke

SIZE = (256, 256)
COUNT = 2000


def batched(round_: int) -> None:
    """freeform@1 in batches."""
    names = (("speed", f"{round_}-{i}", 0) for i in range(COUNT))
    for _ in freeform_batch(FreeForm(), names, SIZE):
        pass


def one_by_one(round_: int) -> None:
    """freeform@1 through its `draw`."""
    protocol = FreeForm()
    labels = np.zeros(SIZE, np.int32)
    for i in range(COUNT):
        protocol.draw(Site("speed", f"{round_}-{i}", labels, None, ("ground",)))


def pillow(round_: int) -> None:
    """The published brush."""
    python, numpy = random.Random(round_), np.random.RandomState(round_)
    for _ in range(COUNT):
        legacy_mask(legacy_stroke(python, numpy))


def rate(draw: Callable[[int], None], round_: int) -> float:
    """Masks a second of processor time of one call: other work on the machine counts less."""
    start = time.process_time()
    draw(round_)
    return COUNT / (time.process_time() - start)


def main() -> None:
    """Prints the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    draws = (batched, one_by_one, pillow)
    for draw in draws:
        draw(0)
    rates = [[rate(draw, k) for draw in draws] for k in range(1, rounds + 1)]
    print(f"numpy {np.__version__}, Pillow {PIL.__version__}, Python {platform.python_version()}")
    print(f"{COUNT} masks of {SIZE[0]}x{SIZE[1]}, {rounds} rounds, medians")
    for i, draw in enumerate(draws):
        speed = statistics.median(row[i] for row in rates)
        ratio = statistics.median(row[i] / row[2] for row in rates)
        print(f"{draw.__name__:12} {speed:8.0f} masks/s {ratio:6.2f} x pillow")


if __name__ == "__main__":
    main()
