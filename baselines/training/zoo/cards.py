"""What a reader wants to know of a network that was trained: its card, but for its scores."""

from __future__ import annotations

import platform
from typing import Any

from baselines.checkpoints import read_card
from baselines.checkpoints.loading import locate
from baselines.training.config import TrainingConfig, changed_config
from baselines.training.loop import Trained
from baselines.training.perceptual import perceptual_network
from bench import __version__
from bench.core.documents import read_json
from bench.core.identity import tensors_hash
from bench.core.text import now

__all__ = ["files_of", "training_card"]


def files_of(config: TrainingConfig) -> dict[str, Any]:
    """The weights that a training needs, with the hashes of their tensors; read them before it begins.

    Returns:
        `perceptual`: the network that its perceptual loss looks through, or None. `start`: the file that
        it starts from, with the examples that this had seen if its card says it; only where there is one.

    Raises:
        Unavailable, BadInput: a file that is missing or damaged.
    """
    found: dict[str, Any] = {"perceptual": None}
    if config.weights.perceptual:
        through = config.weights.through
        state = perceptual_network(through).state_dict()
        named = ((n.removeprefix("network."), value.numpy()) for n, value in state.items())
        found["perceptual"] = {"network": through, "tensors_sha256": tensors_hash(named)}
    if config.start is not None:
        file = locate(config.start)
        found["start"] = {"file": file.name, "tensors_sha256": read_card(file).tensors_sha256}
        beside = file.with_suffix(".json")
        if beside.is_file():
            found["start"]["examples"] = _examples(read_json(beside))
    return found


def training_card(
    name: str, config: TrainingConfig, trained: Trained, files: dict[str, Any]
) -> dict[str, Any]:
    """The card of a network; its scores are filled in when it has been scored.

    Args:
        name: of the training.
        config: that it was trained with.
        trained: what came of it.
        files: of `files_of`.
    """
    import torch

    started = {"start": files["start"]} if "start" in files else {}
    return {
        "name": name,
        # The schedule was that of a run of as many steps as there were in the end.
        "config": changed_config(config, {"steps": trained.steps}, name).model_dump(mode="json"),
        "steps": trained.steps,
        "seed": config.seed,
        "data": [dict(record) for record in trained.data],
        "perceptual": files["perceptual"],
        "tensors_sha256": trained.saved.tensors_sha256,
        "notes": {**trained.saved.notes, **started},
        "machine": {
            "device": trained.device,
            "accelerator": torch.cuda.get_device_name() if trained.device == "cuda" else None,
            "processor": platform.machine(),
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            "siebench": __version__,
        },
        "trained": now(),
        "scores": {},
    }


def _examples(card: dict[str, Any]) -> int:
    """The examples that a network has seen, those of its own start among them."""
    earlier: int = card.get("notes", {}).get("start", {}).get("examples", 0)
    own: int = card.get("examples") or card["steps"] * card["config"]["batch"]
    return earlier + own
