"""Trains a tiny system in as many processes as asked for, and writes its losses.

    python -m tests.baselines.training.several_processes SYSTEM PROCESSES BATCH FOLDER

Lightning Fabric starts the same command once more for every further process.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

from baselines.training.loop import train
from tests.baselines.training.tiny import tiny


def main(system: str, processes: int, batch: int, folder: Path) -> None:
    torch.set_num_threads(1)
    seen = []
    config = tiny(system, steps=3, batch=batch)
    device = "cpu" if processes == 1 else f"cpu:{processes}"
    train(config, folder, device=device, watch=lambda *told: seen.append(told[2]))
    if seen:  # only the first process is told
        (folder / "losses.json").write_text(json.dumps(seen))


if __name__ == "__main__":
    name, several, examples, out = sys.argv[1:]
    main(name, int(several), int(examples), Path(out))
