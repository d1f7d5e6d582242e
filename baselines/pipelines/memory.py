"""The one pipeline that this process has in memory.

Pipelines have gigabytes, and a run may compare ten of them. An editor says which one it needs just
before it edits; the one that was there before is let go of first. Methods that differ only in words,
steps or guidance share one.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from baselines.pipelines.kinds import library, scheduler_class

__all__ = ["Loading", "held", "let_go"]

_DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}

_LOCK = threading.Lock()
_HELD: dict[Loading, Any] = {}


@dataclass(frozen=True)
class Loading:
    """All that a pipeline in memory depends on.

    Attributes:
        folder: its files.
        kind: its class.
        dtype: of its weights.
        variant: of the files.
        controlnet: the files of a ControlNet, or None.
        controlnet_class: its class.
        controlnet_variant: of its files.
        scheduler: the class of another scheduler than its own, or None.
        off: parts that are left out.
        device: where it is.
    """

    folder: Path
    kind: str
    dtype: str
    variant: str | None
    controlnet: Path | None
    controlnet_class: str
    controlnet_variant: str | None
    scheduler: str | None
    off: tuple[str, ...]
    device: str


def held(wanted: Loading) -> Any:
    """The pipeline, from memory or loaded in place of what was there."""
    # SDXL moves its autoencoder to float32 and back for every image, and would be warned of it each time.
    logging.getLogger("diffusers.models.modeling_utils").setLevel(logging.ERROR)
    with _LOCK:
        if wanted not in _HELD:
            _empty()
            _HELD[wanted] = _load(wanted)
        return _HELD[wanted]


def let_go(wanted: Loading | None = None) -> None:
    """Frees the memory of a pipeline, where it is the one that is held; of any where None."""
    with _LOCK:
        if wanted is None or wanted in _HELD:
            _empty()


def _empty() -> None:
    if not _HELD:
        return
    _HELD.clear()
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _load(wanted: Loading) -> Any:
    diffusers = library()
    dtype = _DTYPES[wanted.dtype]
    same: dict[str, Any] = {
        "dtype": dtype,
        "use_safetensors": True,
        "local_files_only": True,
        "low_cpu_mem_usage": _has_accelerate(),
    }
    parts: dict[str, Any] = dict.fromkeys(wanted.off)
    if "safety_checker" in wanted.off:
        parts["requires_safety_checker"] = False
    with _quietly():
        if wanted.controlnet is not None:
            network = getattr(diffusers, wanted.controlnet_class)
            parts["controlnet"] = network.from_pretrained(
                wanted.controlnet, variant=wanted.controlnet_variant, **same
            )
        if wanted.scheduler is not None:
            place = wanted.folder / "scheduler"
            parts["scheduler"] = scheduler_class(wanted.scheduler).from_pretrained(
                place if place.is_dir() else wanted.folder, local_files_only=True
            )
        pipeline = getattr(diffusers, wanted.kind).from_pretrained(
            wanted.folder, variant=wanted.variant, **same, **parts
        )
        pipeline.set_progress_bar_config(disable=True)
        return pipeline.to(wanted.device)


def _has_accelerate() -> bool:
    """Whether weights can be loaded without being made twice; without it the library would say so."""
    from importlib.util import find_spec

    return find_spec("accelerate") is not None


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Without the libraries' progress bars and notes, which would cut through the run's own."""
    from diffusers.utils import logging as ours
    from transformers.utils import logging as theirs

    levels = ours.get_verbosity(), theirs.get_verbosity()
    bars = theirs.is_progress_bar_enabled()
    ours.set_verbosity(logging.ERROR)
    theirs.set_verbosity(logging.ERROR)
    ours.disable_progress_bar()
    theirs.disable_progress_bar()
    try:
        yield
    finally:
        ours.set_verbosity(levels[0])
        theirs.set_verbosity(levels[1])
        if bars:
            ours.enable_progress_bar()
            theirs.enable_progress_bar()
