"""Writes a network's weights as one safetensors file with its card."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from safetensors.torch import save
from torch import Tensor, nn

from baselines.checkpoints.card import KEY, Card
from baselines.checkpoints.checking import not_finite
from baselines.layers.spectral import fold_spectral
from bench.core.atomic import whole_file
from bench.core.errors import BadInput
from bench.core.identity import tensors_hash

__all__ = ["EXTRA", "save_network", "state_hash", "write_weights"]

EXTRA = "extra."
"""Prefix of the tensors that are no part of the network: mean codes, a style bank."""


def save_network(
    network: nn.Module,
    config: BaseModel,
    out: Path,
    *,
    system: str,
    variant: str,
    source: str,
    licence: str,
    label_space: str | None = None,
    note: str = "",
    extras: Mapping[str, Tensor] | None = None,
    half: bool = False,
    training: Mapping[str, Any] | None = None,
) -> Card:
    """Writes a network that was trained here, spectral norm folded away.

    Args:
        network: in training form or plain.
        config: what it was built from.
        out: the safetensors file.
        system, variant, source, licence, label_space, note: fields of the card.
        extras: tensors beside the network's.
        half: store in half precision; the card's hash is over what is stored.
        training: the card's field, too.
    """
    state = fold_spectral(network.state_dict())
    if half:
        state = {name: _halved(value) for name, value in state.items()}
        extras = {name: _halved(value) for name, value in (extras or {}).items()}
    card = Card(
        system=system,
        variant=variant,
        config=config.model_dump(mode="json"),
        label_space=label_space,
        source=source,
        tensors_sha256=state_hash(state),
        training=None if training is None else dict(training),
        licence=licence,
        note=note,
    )
    write_weights(out, state, card, extras or {})
    return card


def _halved(value: Tensor) -> Tensor:
    return value.half() if value.is_floating_point() else value


def write_weights(
    out: Path, state: Mapping[str, Tensor], card: Card, extras: Mapping[str, Tensor]
) -> None:
    """Writes tensors and card, whole or not at all.

    Raises:
        BadInput: a tensor that holds NaN or infinity, or no space.
    """
    broken = not_finite({**state, **extras})
    if broken:
        raise BadInput(f"{out}: not written, because parameters {'; '.join(broken)}")
    tensors = {name: value.detach().cpu().contiguous() for name, value in state.items()}
    tensors |= {EXTRA + name: value.cpu().contiguous() for name, value in extras.items()}
    content = save(tensors, metadata={KEY: json.dumps(card.model_dump(mode="json"))})
    with whole_file(out) as temporary:
        temporary.write_bytes(content)


def state_hash(state: Mapping[str, Tensor]) -> str:
    """The weights' identity: SHA-256 over names and values."""
    return tensors_hash((name, value.detach().cpu().numpy()) for name, value in state.items())
