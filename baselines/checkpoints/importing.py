"""Official checkpoint files -> safetensors with a card."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel
from torch import Tensor

from baselines.checkpoints.card import Card
from baselines.checkpoints.checking import differences, shapes_of
from baselines.checkpoints.extras import read_mean_codes, read_style_bank
from baselines.checkpoints.reading import read_state
from baselines.checkpoints.systems import System, find_system
from baselines.checkpoints.writing import state_hash, write_weights
from baselines.layers.spectral import fold_spectral
from bench.core.errors import BadInput
from bench.core.identity import file_hash

__all__ = ["import_checkpoint"]


def import_checkpoint(
    system: str,
    file: Path,
    out: Path,
    *,
    variant: str | None = None,
    label_space: str | None = None,
    style_codes: Path | None = None,
    options: Mapping[str, Any] | None = None,
) -> Card:
    """Checks an official file name by name and writes it as `out`.

    Args:
        system: "spade", "sesame", "sean", "spmpgan", "divsem" or "sae".
        file: the official file; nothing in it is run.
        out: the safetensors file to write.
        variant: the system's form; the first of its variants where None.
        label_space: the label space that the network counts in; the released form's where None.
        style_codes: SEAN's folder of mean codes, or DivSem's style bank.
        options: fields of the configuration that differ from the variant's.

    Returns:
        The card that was written.

    Raises:
        BadInput: the file cannot be read, carries code, or is of another variant or label count; the
            sentence says what differs.
    """
    entry = find_system(system)
    form = next(iter(entry.variants)) if variant is None else variant
    given = read_state(file, entry.inside)
    if entry.prefixes:
        given = {n: value for n, value in given.items() if n.startswith(entry.prefixes)}
    config = _configure(entry, form, given, dict(options or {}))
    state = _checked(entry, form, config, given, file)
    card = Card(
        system=system,
        variant=form,
        config=config.model_dump(mode="json"),
        label_space=label_space or entry.spaces.get(form),
        source=file.name,
        source_sha256=file_hash(file),
        tensors_sha256=state_hash(state),
        licence=entry.licence,
    )
    write_weights(out, state, card, _extras(system, config, style_codes))
    return card


def _configure(
    entry: System, variant: str, given: Mapping[str, Tensor], options: dict[str, Any]
) -> BaseModel:
    counted = entry.classes(shapes_of(given))
    if counted is not None and "classes" not in entry.variants.get(variant, {}):
        options.setdefault("classes", counted)
    return entry.config(variant, **options)


def _checked(
    entry: System, variant: str, config: BaseModel, given: dict[str, Tensor], file: Path
) -> dict[str, Tensor]:
    in_training_form = any(name.endswith("weight_orig") for name in given)
    expected = shapes_of(entry.skeleton(config, spectral_norm=in_training_form))
    found = differences(shapes_of(given), expected)
    if found:
        raise BadInput(
            f"{file}: not the weights of {entry.name} {variant!r}; parameters {'; '.join(found)}. "
            f"Choose another of its variants ({', '.join(entry.variants)}) or give the "
            "configuration's fields"
        )
    state = fold_spectral(given)
    for name, shape in expected.items():
        if name.endswith("num_batches_tracked"):
            state.setdefault(name, torch.zeros(shape, dtype=torch.long))
    return {name: _plain(value) for name, value in state.items()}


def _plain(value: Tensor) -> Tensor:
    return value.float() if value.is_floating_point() else value


def _extras(system: str, config: BaseModel, style_codes: Path | None) -> dict[str, Tensor]:
    if style_codes is None:
        return {}
    fields = config.model_dump()
    if system == "sean":
        return read_mean_codes(style_codes, fields["classes"], fields["style_length"])
    if system == "divsem":
        return read_style_bank(style_codes, fields["style"])
    raise BadInput(f"{style_codes}: {system} has no style codes; only sean and divsem have")
