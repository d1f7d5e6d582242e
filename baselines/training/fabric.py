"""What a training runs on: one device or several, through Lightning Fabric."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bench.core.device import choose_device, find_device
from bench.core.errors import BadInput, Unavailable

if TYPE_CHECKING:
    from lightning_fabric import Fabric

    from baselines.training.config import TrainingConfig

__all__ = ["launch_fabric"]


def launch_fabric(device: str, config: TrainingConfig) -> Fabric:
    """Lightning Fabric on the devices of a training, its processes started.

    Args:
        device: as `baselines.training.loop.train` takes it.
        config: the training's, for its precision.

    Raises:
        Unavailable: Lightning Fabric is not installed.
        BadInput: a device that is none, or that is not here.
    """
    try:
        with _without_torchmetrics():
            from lightning_fabric import Fabric
    except ImportError:
        raise Unavailable(
            "training needs lightning-fabric: run `pip install lightning-fabric`"
        ) from None
    kind, numbers = _devices(device)
    devices = numbers if isinstance(numbers, int) else list(numbers)
    several = devices > 1 if isinstance(devices, int) else len(devices) > 1
    # SEAN has layers for classes that a batch may not show.
    strategy = "ddp_find_unused_parameters_true" if several else "auto"
    try:
        fabric = Fabric(
            accelerator=kind, strategy=strategy, devices=devices, precision=config.precision
        )
    except (ValueError, RuntimeError) as error:
        raise BadInput(f"--device {device}: {error}; write auto, cpu, cuda or cuda:0,1") from None
    fabric.launch()
    return fabric


@contextmanager
def _without_torchmetrics() -> Iterator[None]:
    """Imports inside do not find torchmetrics, unless it is there already.

    Lightning Fabric imports it to ask for its version, which takes three times as long as torch: for
    every training of a zoo anew. Fabric needs it for its detection of spikes alone.
    """
    if "torchmetrics" in sys.modules:
        yield
        return
    modules: dict[str, Any] = sys.modules
    modules["torchmetrics"] = None
    try:
        yield
    finally:
        del modules["torchmetrics"]


def _devices(device: str) -> tuple[str, int | tuple[int, ...]]:
    """The kind, and the numbers of its devices; of a CPU, which has none, how many processes.

    Raises:
        BadInput: a device that is none, or that is not here.
    """
    kind, _, which = (choose_device(device) if device == "auto" else device).partition(":")
    if not which:
        choose_device(kind)
        return kind, 1
    try:
        numbers = tuple(int(number) for number in which.split(","))
    except ValueError:
        raise BadInput(
            f"--device {device}: {which!r} is no list of numbers; write auto, cpu, cuda or cuda:0,1"
        ) from None
    if kind == "cpu":
        return kind, numbers[0]
    # Each of several is used by a process of its own.
    check = choose_device if len(numbers) == 1 else find_device
    for number in numbers:
        check(f"{kind}:{number}")
    return kind, numbers
