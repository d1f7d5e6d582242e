"""The registry of trainers: entry points of the group `siebench.trainers`.

A trainer is registered under the name of the system that it trains, as a function
(config, out, *, device, steps, resume, watch) -> the weights file. A configuration names its system
in the field `system`; a bare name asks for the configuration that its trainer ships.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol

import yaml

from bench.core.errors import BadInput, unknown

__all__ = ["GROUP", "Trainer", "find_trainer", "system_of", "trainer_names"]

GROUP = "siebench.trainers"


class Trainer(Protocol):
    """Trains a system."""

    def __call__(
        self,
        config: str,
        out: Path,
        *,
        device: str = "cpu",
        steps: int | None = None,
        resume: bool = False,
        watch: Callable[[int, int, dict[str, float]], None] | None = None,
    ) -> Path:
        """Trains what `config` says; returns the weights file.

        Raises:
            BadInput: with one sentence, where it cannot begin or go on.
        """
        ...


def trainer_names() -> list[str]:
    """The systems that have a trainer, sorted; imports none of them."""
    return sorted({point.name for point in entry_points(group=GROUP)})


def find_trainer(system: str) -> Trainer:
    """The trainer of a system.

    Raises:
        BadInput: where none is registered, or where it cannot be imported.
    """
    points = {point.name: point for point in entry_points(group=GROUP)}
    if system not in points:
        raise unknown("trainer of a system", system, points)
    try:
        trainer: Trainer = points[system].load()
    except ImportError as error:
        raise BadInput(f"trainer {system!r} cannot be used: {error}") from error
    return trainer


def system_of(config: str) -> str:
    """The system of a configuration file; a shipped one's name ends in its system's.

    Raises:
        BadInput: where the file cannot be read or names no system.
    """
    path = Path(config)
    if not path.is_file():
        if path.suffix:
            raise BadInput(f"{path}: no such file")
        return config.rpartition("-")[2]
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: not a YAML file ({error})") from None
    system = content.get("system") if isinstance(content, dict) else None
    if not isinstance(system, str):
        raise BadInput(f"{path}: names no system; write `system: NAME` with one of the trainers")
    return system
