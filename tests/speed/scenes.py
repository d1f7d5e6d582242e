"""How many procedural scenes a second one core draws; run by hand, nothing is asserted.

    python tests/speed/scenes.py [SIDE] [COUNT]

Prints scenes per CPU second for each domain. The goal of the project is over 50 at 128x128.
"""

import sys
import time

from bench.datasets import Fit, dataset_names, is_drawn, open_dataset


def measure(name: str, side: int, count: int) -> float:
    """Scenes per CPU second, after two scenes of warm-up."""
    dataset = open_dataset(name, None, split="train", count=count + 2)
    fit = Fit((side, side))
    for scene in dataset.ids[:2]:
        dataset.read(scene, fit)
    start = time.process_time()
    for scene in dataset.ids[2:]:
        dataset.read(scene, fit)
    return count / (time.process_time() - start)


def main() -> None:
    """Measures every drawn dataset at the size asked for."""
    side = int(sys.argv[1]) if len(sys.argv) > 1 else 128
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    for name in filter(is_drawn, dataset_names()):
        print(f"{name:24} {side:4d} pixels {measure(name, side, count):7.1f} scenes/s")


if __name__ == "__main__":
    main()
