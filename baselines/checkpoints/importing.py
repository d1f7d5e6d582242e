"""Official checkpoint files -> safetensors with a card."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel
from torch import Tensor

from baselines.checkpoints.card import Card
from baselines.checkpoints.checking import (
    Shapes,
    differences,
    not_finite,
    other_kinds,
    shapes_of,
)
from baselines.checkpoints.reading import read_state
from baselines.checkpoints.writing import state_hash, write_weights
from baselines.layers.spectral import fold_spectral, hook_form
from bench.core.errors import BadInput
from bench.core.identity import file_hash
from bench.plugins.systems import System

__all__ = ["MIT", "RESEARCH_ONLY", "OfficialFile", "checked_state", "read_codes"]

RESEARCH_ONLY = "CC BY-NC-SA 4.0 with the official code: non-commercial use only"
MIT = "MIT with the official code; see its repository for the data's terms"


@dataclass(frozen=True)
class OfficialFile:
    """What an official checkpoint holds; called, it is the `Importer` of its system.

    Attributes:
        licence: of the official weights.
        inside: the key under which the file keeps the state dict, or None = it is one.
        prefixes: where the file holds several networks flat, the prefixes of those that matter.
        label_channels: the parameter whose second axis counts label channels, and how many
            channels beside the classes it has; says the class count of a file.
        spaces: variant -> the label space that its official weights count in.
        codes: reads style codes that come in files of their own, or None = there are none.
    """

    licence: str
    inside: str | None = None
    prefixes: tuple[str, ...] = ()
    label_channels: tuple[str, int] | None = None
    spaces: Mapping[str, str] = field(default_factory=dict)
    codes: Callable[[Path, BaseModel], dict[str, Tensor]] | None = None

    def __call__(
        self,
        system: System,
        file: Path,
        out: Path,
        *,
        variant: str | None = None,
        label_space: str | None = None,
        style_codes: Path | None = None,
        key: str | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Card:
        """Checks an official file name by name and writes it as `out`; see `Importer`.

        Raises:
            BadInput: the file cannot be read, carries code, or is of another variant or label
                count; the sentence says what differs.
        """
        form = system.default if variant is None else variant
        given = hook_form(read_state(file, self.inside, key))
        if self.prefixes:
            given = {n: value for n, value in given.items() if n.startswith(self.prefixes)}
        fields = dict(options or {})
        counted = self.classes(shapes_of(given))
        if counted is not None and "classes" not in system.variants.get(form, {}):
            fields.setdefault("classes", counted)
        config = system.configure(form, **fields)
        state = checked_state(system, form, config, given, file)
        extras = read_codes(system, self.codes, style_codes, config)
        card = Card(
            system=system.name,
            variant=form,
            config=config.model_dump(mode="json"),
            label_space=label_space or self.spaces.get(form),
            source=file.name,
            source_sha256=file_hash(file),
            tensors_sha256=state_hash(state),
            licence=self.licence,
            note=_note(system.alike(form, config), form),
        )
        write_weights(out, state, card, extras)
        return card

    def classes(self, shapes: Shapes) -> int | None:
        """The class count that a file's shapes tell, or None where they do not."""
        if self.label_channels is None:
            return None
        name, others = self.label_channels
        shape = shapes.get(name, ())
        return shape[1] - others if len(shape) == 4 else None


def _note(alike: Sequence[str], variant: str) -> str:
    """That a file of these tensors may be of another variant, which nothing in it tells."""
    if not alike:
        return ""
    return (
        f"imported as {variant!r}; {', '.join(map(repr, alike))} would fit as well, and the file does not "
        "say which it is: where it is another, import it again with --variant"
    )


def read_codes(
    system: System,
    reader: Callable[[Path, BaseModel], dict[str, Tensor]] | None,
    path: Path | None,
    config: BaseModel,
) -> dict[str, Tensor]:
    """Style codes that come in files of their own; none where no path is given.

    Raises:
        BadInput: codes for a system that has none, unreadable ones, or ones that are not finite.
    """
    if path is None:
        return {}
    if reader is None:
        raise BadInput(f"{path}: {system.name} has no style codes; leave --style-codes out")
    codes = reader(path, config)
    broken = not_finite(codes)
    if broken:
        raise BadInput(f"{path}: style codes {'; '.join(broken)}")
    return codes


def checked_state(
    system: System, variant: str, config: BaseModel, given: dict[str, Tensor], file: Path
) -> dict[str, Tensor]:
    """The tensors of official files as the network's plain state, float32.

    Raises:
        BadInput: names, shapes, kinds of numbers or values that are not the network's.
    """
    in_training_form = any(name.endswith("weight_orig") for name in given)
    skeleton = system.skeleton(config, training=in_training_form)
    expected = shapes_of(skeleton)
    found = differences(shapes_of(given), expected)
    if found:
        raise BadInput(
            f"{file}: not the weights of {system.name} {variant!r}; parameters {'; '.join(found)}. "
            f"Choose another of its variants (`siebench models show {system.name}` lists them) or give "
            "the configuration's fields"
        )
    kinds = other_kinds(given, skeleton)
    if kinds:
        raise BadInput(
            f"{file}: parameters {'; '.join(kinds)}; save the weights as they were trained"
        )
    state = fold_spectral(given)
    broken = not_finite(state)
    if broken:
        raise BadInput(
            f"{file}: parameters {'; '.join(broken)}; such a network cannot edit: take an earlier "
            "checkpoint or download it again"
        )
    for name, shape in expected.items():
        if name.endswith("num_batches_tracked"):
            state.setdefault(name, torch.zeros(shape, dtype=torch.long))
    return {name: _plain(value) for name, value in state.items()}


def _plain(value: Tensor) -> Tensor:
    return value.float() if value.is_floating_point() else value
