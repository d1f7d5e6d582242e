"""What a reader wants to know of a network that was trained: its card, but for its scores."""

from __future__ import annotations

import platform
from typing import Any

from baselines.training.config import TrainingConfig, changed_config
from baselines.training.loop import Trained
from bench import __version__
from bench.core.text import now

__all__ = ["card_config", "training_card"]


def card_config(config: TrainingConfig) -> dict[str, Any]:
    """A configuration as cards keep it: of what it starts from the name alone, and no folder of this machine.

    Args:
        config: of a training, or of a card.
    """
    return {
        **config.model_dump(mode="json"),
        "start": config.start.name if config.start else None,
    }


def training_card(name: str, config: TrainingConfig, trained: Trained) -> dict[str, Any]:
    """The card of a network; its scores are filled in when it has been scored.

    Args:
        name: of the training.
        config: that it was trained with.
        trained: what came of it.
    """
    import torch

    facts = trained.facts
    device = facts.machine.device
    scheduled = changed_config(config, {"steps": facts.config["steps"]}, name)
    return {
        "name": name,
        "config": card_config(scheduled),  # `notes` say which weights `start` was
        "steps": trained.steps,
        "seed": config.seed,
        "data": facts.data,
        "perceptual": facts.perceptual,
        "tensors_sha256": trained.saved.tensors_sha256,
        "notes": {**trained.saved.notes, **facts.notes.model_dump(exclude_none=True)},
        "machine": {
            "device": device,
            "accelerator": torch.cuda.get_device_name() if device == "cuda" else None,
            "processor": platform.machine(),
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            "siebench": __version__,
        },
        "trained": now(),
        "scores": {},
    }
