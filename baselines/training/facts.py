"""What is said of a training: in the card of its weights, in a zoo's card, in the record of a run.

None of it is part of a hash: the tensors are a network's identity. A run keeps the fields that trainings
should share, so that `siebench trainings` can say where they do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field, ValidationError

from baselines.checkpoints.card import Card
from baselines.checkpoints.loading import locate, read_card
from baselines.training.config import TrainingConfig, without_data_fields
from bench.core.documents import read_json
from bench.core.errors import BadInput
from bench.core.identity import Record, record_hash

if TYPE_CHECKING:
    from baselines.training.perceptual import PerceptualLoss

__all__ = ["TrainingFacts", "files_of", "known_recipe", "training_facts"]

_ELSEWHERE = {"system", "variant", "network", "seed", "start", "steps", "epochs"}
"""Fields of a configuration of which the recipe has what came of them."""

_NO_RECIPE = {"checkpoint", "picture", "source"}
"""Fields of a configuration that change no weights."""

_FIRST = ("batch", "precision", "weights")
"""Fields of a configuration that say most of it."""

_PLACES = {"path", "keep"}
"""Fields of the data that say where they lie, and not what they are."""


class _Start(BaseModel):
    """A weights file, with the examples that it had seen if that is known."""

    file: str = ""
    tensors_sha256: str | None = None
    examples: int | None = None


class _Notes(BaseModel):
    start: _Start | None = None


class _Machine(BaseModel):
    """Spelt as in a zoo's card, which says more of it."""

    device: str | None = None


class TrainingFacts(BaseModel):
    """How weights were trained; a zoo's card has these fields among others, which are let pass.

    Attributes:
        config: as it was read, with the steps of its schedule.
        steps: those that the weights have seen.
        examples: those that they have seen, without those of what they started from.
        data: fingerprints of the scenes.
        perceptual: the network of the perceptual and style losses, with its hash.
        notes: among them what the training started from.
        machine: the kind of device that it was on, "cpu" or "cuda", where that is known; of one that went
            on elsewhere, the last.
        tensors_sha256: of the weights, where this lies beside them.
    """

    config: dict[str, Any]
    steps: int = Field(ge=0)
    examples: int | None = None
    data: list[dict[str, Any]] = []
    perceptual: dict[str, Any] | None = None
    notes: _Notes = _Notes()
    machine: _Machine = _Machine()
    tensors_sha256: str | None = None

    @property
    def seen(self) -> int | None:
        """The examples; older cards of plain trainings count steps alone."""
        batch = self.config.get("batch")
        if self.examples is None and isinstance(batch, int) and not self.config.get("batches"):
            return self.steps * batch
        return self.examples

    def of_card(self) -> dict[str, Any]:
        """The facts as the card of the weights has them."""
        return self.model_dump(mode="json", exclude={"tensors_sha256"})

    def recipe(self, card: Card) -> Record:
        """What trainings should share, the most telling fields first.

        Args:
            card: of the weights.
        """
        config = _completed(self.config)
        length, start = config.get("steps"), self.notes.start
        device = self.machine.device
        shared = {n: value for n, value in config.items() if n not in _ELSEWHERE | _NO_RECIPE}
        return {
            "seed": config.get("seed"),
            "network": {"variant": card.variant, **card.config},
            "examples": self.seen,
            "steps": self.steps,
            # of the schedule, where the weights have not seen all of it
            "length": None if length == self.steps else length,
            "start": None if start is None else {"examples": start.examples},
            # on a GPU products are in TF32; what nobody says is left out and so not compared
            **({} if device is None else {"device": device}),
            **{name: shared.pop(name) for name in _FIRST if name in shared},
            **shared,
            "perceptual": self.perceptual,
            "scenes": record_hash({"data": self.data}) if self.data else None,
        }


def training_facts(
    config: TrainingConfig,
    files: Record,
    data: Sequence[Record],
    done: int,
    *,
    length: int,
    device: str,
    devices: int,
) -> TrainingFacts:
    """The facts of weights that were trained here, without folders of this machine.

    Args:
        config: that they were trained with.
        files: of `files_of`.
        data: fingerprints of the scenes.
        done: the steps that they have seen.
        length: the steps of the schedule.
        device: "cpu", "cuda", ...
        devices: that trained together.
    """
    plain = _completed(config.model_dump(mode="json", exclude={"start"}))
    return TrainingFacts(
        config={**plain, "steps": length, "epochs": None},
        steps=done,
        examples=config.examples(done, length, devices),
        data=[dict(one) for one in data],
        perceptual=files["perceptual"],
        notes=_Notes(start=files.get("start")),
        machine=_Machine(device=device),
    )


def files_of(config: TrainingConfig, perceptual: PerceptualLoss | None) -> dict[str, Any]:
    """The weights that a training needs, with the hashes of their tensors; ask before it begins.

    Args:
        config: of the training.
        perceptual: the network of its recipe.

    Returns:
        `perceptual`: that network's identity, or None. `start`: the file that the training starts from,
        with the examples that this had seen if that is known; only where there is one.

    Raises:
        BadInput: a file that is missing or damaged.
    """
    found: dict[str, Any] = {"perceptual": None if perceptual is None else perceptual.identity()}
    if config.start is not None:
        file = locate(config.start)
        card = read_card(file)
        known = _facts_of(file, card)
        found["start"] = _Start(
            file=file.name,
            tensors_sha256=card.tensors_sha256,
            examples=None if known is None else _all_seen(known),
        )
    return found


def known_recipe(file: Path, card: Card) -> Record:
    """The recipe of a network that was trained here; empty where nothing readable is said of it.

    Args:
        file: the weights; see `locate`.
        card: theirs.
    """
    facts = _facts_of(locate(file), card)
    return {} if facts is None else facts.recipe(card)


def _facts_of(file: Path, card: Card) -> TrainingFacts | None:
    """What the weights' card says of their training, or else a zoo's card that lies beside them."""
    beside = file.with_suffix(".json")
    if card.training is None and not beside.is_file():
        return None
    try:
        facts = TrainingFacts.model_validate(card.training or read_json(beside))
    except (BadInput, ValidationError):
        return None
    ours = card.training is not None or facts.tensors_sha256 == card.tensors_sha256
    return facts if ours else None


def _all_seen(facts: TrainingFacts) -> int | None:
    """The examples that a network has seen, those of its own start among them."""
    start = facts.notes.start
    earlier = None if start is None else start.examples
    return None if facts.seen is None else facts.seen + (earlier or 0)


def _completed(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration with the fields that came after it was written, and no places of data."""
    with suppress(ValidationError):  # of one of another version, what it has is compared
        config = TrainingConfig.model_validate(config).model_dump(mode="json")
    return without_data_fields(config, _PLACES)
