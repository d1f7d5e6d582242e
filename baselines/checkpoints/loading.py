"""Safetensors with a card -> a network ready for inference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from baselines.checkpoints.card import KEY, Card
from baselines.checkpoints.checking import differences, not_finite, other_kinds, shapes_of
from baselines.checkpoints.writing import EXTRA, state_hash
from baselines.layers.layout import lay_channels_last
from bench.core.documents import parse_json
from bench.core.errors import BadInput, Unavailable
from bench.networks.weights import named_folders, weight_folders
from bench.plugins.kinds import SYSTEMS
from bench.plugins.systems import System

__all__ = ["ZOO", "Loaded", "load_network", "locate", "read_card"]

ZOO = Path(__file__).parents[1] / "zoo"
"""The small trained networks that come with siebench."""


@dataclass(frozen=True, eq=False)
class Loaded:
    """A network with what came in its file.

    Attributes:
        network: in evaluation mode, without gradients, channels last in memory.
        card: the file's card.
        extras: tensors beside the network's (mean codes, style bank).
        extras_sha256: over their names and values as stored; None where there are none.
    """

    network: nn.Module
    card: Card
    extras: Mapping[str, Tensor]
    extras_sha256: str | None = None

    @property
    def identity(self) -> dict[str, str]:
        """The weights' part of a method's identity."""
        return {
            "system": self.card.system,
            "variant": self.card.variant,
            "weights": self.card.tensors_sha256,
            **({} if self.extras_sha256 is None else {"extras": self.extras_sha256}),
        }


def locate(file: Path, system: str | None = None) -> Path:
    """A weights file as it was given, of that name in the folders of SIEBENCH_WEIGHTS, or in the zoo.

    Args:
        file: its path or name.
        system: what it shall hold, where that is known.

    Raises:
        Unavailable: where there is none; a suite then has a row with this reason.
        BadInput: where it is in the zoo alone, but SIEBENCH_WEIGHTS names a folder that is not there.
    """
    folders = weight_folders()
    for place in (file, *(folder / file for folder in folders)):
        if place.is_file():
            return place
    shipped = ZOO / file
    if shipped.is_file():
        lost = [folder for folder in named_folders() if not folder.is_dir()]
        if lost:
            raise BadInput(
                f"SIEBENCH_WEIGHTS: {lost[0]}: no such folder, so the {file} that ships would be taken "
                "in its place; make the folder, or take it out of SIEBENCH_WEIGHTS"
            )
        return shipped
    raise Unavailable(
        f"{file}: no such weights file, nor in {folders[0]}; {_maker(file, system)} makes one"
    )


def _maker(file: Path, system: str | None) -> str:
    """The command that makes a weights file of that name."""
    model, _, seed = file.stem.partition("-seed")
    if not model.endswith("-procedural"):
        if system is not None and SYSTEMS.get(system).importer is None:
            return f"{system} cannot be imported; `siebench train {system}`"
        return f"`siebench models import {system or 'SYSTEM'} OFFICIAL_FILE --out {file.name}`"
    again = f" --seeds {seed}" if seed else ""
    return f"`siebench zoo train --models {model}{again} --out {file.parent}`"


def read_card(file: Path) -> Card:
    """The card of a weights file; reads no tensor.

    Raises:
        Unavailable: no such file.
        BadInput: a truncated one, or one without a card.
    """
    file = locate(file)
    try:
        with safe_open(file, framework="pt") as archive:
            text = (archive.metadata() or {}).get(KEY)
    except (SafetensorError, OSError, ValueError) as error:
        raise BadInput(
            f"{file}: not a whole safetensors file ({error}); import the official file again"
        ) from None
    if text is None:
        raise BadInput(
            f"{file}: has no card; make it with `siebench models import SYSTEM FILE --out {file.name}`"
        )
    try:
        return Card.model_validate(parse_json(text, str(file)))
    except (ValidationError, BadInput):
        raise BadInput(f"{file}: its card cannot be read; import the official file again") from None


def load_network(system: str, file: Path, *, variant: str | None = None) -> Loaded:
    """The network of a weights file.

    Args:
        system: what the file must hold.
        file: as `siebench models import` or `save_network` wrote it; see `locate`.
        variant: what it must be of; any where None.

    Raises:
        Unavailable: no such file.
        BadInput: another system or variant, a truncated file, or tensors that are not the card's.
    """
    file = locate(file, system)
    card = read_card(file)
    for what, wanted, has in (("system", system, card.system), ("variant", variant, card.variant)):
        if wanted is not None and wanted != has:
            raise BadInput(f"{file}: {what}: holds {has!r}, expected {wanted!r}")
    entry: System = SYSTEMS.get(system)
    stored = _stored(file)
    extras = {n.removeprefix(EXTRA): t for n, t in stored.items() if n.startswith(EXTRA)}
    state = {name: value for name, value in stored.items() if not name.startswith(EXTRA)}
    network = entry.skeleton(_configuration(entry, card, file))
    found = differences(shapes_of(state), shapes_of(network), whole=True)
    found += other_kinds(state, network)
    if found:
        raise BadInput(f"{file}: does not fit its card; parameters {'; '.join(found)}")
    if state_hash(state) != card.tensors_sha256:
        # The hash is the weights' name in every score.
        raise BadInput(
            f"{file}: its tensors are not those that its card names (tensors_sha256); they were "
            "changed or damaged: import or train the network again"
        )
    broken = not_finite(stored)
    if broken:
        raise BadInput(f"{file}: parameters {'; '.join(broken)}; import or train the network again")
    network.load_state_dict(_single(state), assign=True)
    ready = network.eval().requires_grad_(False)
    lay_channels_last(ready)
    return Loaded(ready, card, _single(extras), state_hash(extras) if extras else None)


def _stored(file: Path) -> dict[str, Tensor]:
    try:
        with safe_open(file, framework="pt") as archive:
            return {name: archive.get_tensor(name) for name in archive.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError, AttributeError) as error:
        raise BadInput(
            f"{file}: its tensors cannot be read ({error}); import or train the network again"
        ) from None


def _configuration(system: System, card: Card, file: Path) -> BaseModel:
    """The configuration that a card states."""
    try:
        return system.configure(card.variant, **card.config)
    except (BadInput, TypeError) as error:
        raise BadInput(f"{file}: its card's configuration is not one ({error})") from None


def _single(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The zoo's weights are stored in half precision and used in single."""
    return {
        name: value.float() if value.is_floating_point() else value
        for name, value in tensors.items()
    }
