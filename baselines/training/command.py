"""The trainer behind `siebench train`: one entry point for each system (group `siebench.trainers`)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.core.errors import BadInput

__all__ = ["train_file"]


def train_file(
    config: str,
    out: Path,
    *,
    device: str = "cpu",
    steps: int | None = None,
    resume: bool = False,
    watch: Callable[[int, int, dict[str, float]], None] | None = None,
) -> Path:
    """Trains what a configuration file, or a shipped configuration, says.

    Args:
        config: the file, or the name of a shipped one ("spade", "small-spade", ...).
        out: the run's folder.
        device: "cpu", "cuda", "cuda:1" or "cuda:0,1".
        steps: in place of the configuration's length.
        resume: go on from the folder's checkpoint.
        watch: told of every step: steps done, steps of the run, losses.

    Returns:
        The weights file, as adapters load it.

    Raises:
        BadInput: see `baselines.training.loop.train`.
    """
    from baselines.training.config import read_config
    from baselines.training.loop import train

    changes: dict[str, Any] = {}
    if steps is not None:
        if steps < 1:
            raise BadInput(f"--steps {steps}: must be a whole number from 1")
        changes = {"steps": steps, "epochs": None}
    read = read_config(config, changes)
    return train(read, out, device=device, resume=resume, watch=watch).saved.path
