"""How the network of a weights file was trained, in the fields that trainings should share.

It stands in the file itself (`KEY` in its metadata), or in the card that `siebench zoo train` leaves
beside it. It is part of no hash: the tensors are the network's identity.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from baselines.checkpoints.card import Card
from baselines.checkpoints.loading import locate, read_metadata
from baselines.training.config import TrainingConfig
from bench.core.documents import parse_json, read_json
from bench.core.errors import BadInput
from bench.core.identity import Record, record_hash

__all__ = ["KEY", "TrainingFacts", "known_recipe"]

KEY = "sebench.trained"
"""The key of `TrainingFacts` in the metadata of a weights file, as JSON."""

_ELSEWHERE = {"system", "variant", "network", "seed", "start", "steps", "epochs"}
"""Fields of a configuration of which the recipe has what came of them."""

_NO_RECIPE = {"checkpoint", "picture", "source"}
"""Fields of a configuration that change no weights."""

_FIRST = ("batch", "precision", "weights")
"""Fields of a configuration that say most of it."""

_OF_DATA = {"data", "phase_data"}
_PLACES = {"path", "keep"}
"""Fields of the data that say where they lie, and not what they are."""


class _Start(BaseModel):
    examples: int | None = None


class _Notes(BaseModel):
    start: _Start | None = None


class TrainingFacts(BaseModel):
    """What a zoo's card and a weights file say of a training; other fields are let pass.

    Attributes:
        config: as it was read, with the steps of its schedule.
        steps: those that the weights have seen.
        examples: those that they have seen, without those of what they started from.
        data: fingerprints of the scenes.
        perceptual: the network of the perceptual loss, with its hash.
        notes: among them what the training started from.
        tensors_sha256: of the weights.
    """

    config: dict[str, Any]
    steps: int = Field(ge=0)
    examples: int | None = None
    data: list[dict[str, Any]] = []
    perceptual: dict[str, Any] | None = None
    notes: _Notes = _Notes()
    tensors_sha256: str | None = None

    @property
    def seen(self) -> int | None:
        """The examples; older cards of plain trainings count steps alone."""
        batch = self.config.get("batch")
        if self.examples is None and isinstance(batch, int) and not self.config.get("batches"):
            return self.steps * batch
        return self.examples

    def recipe(self, card: Card) -> Record:
        """What trainings should share, the most telling fields first.

        Args:
            card: of the weights.
        """
        config = _completed(self.config)
        length, start = config.get("steps"), self.notes.start
        shared = {n: value for n, value in config.items() if n not in _ELSEWHERE | _NO_RECIPE}
        return {
            "seed": config.get("seed"),
            "network": {"variant": card.variant, **card.config},
            "examples": self.seen,
            "steps": self.steps,
            # of the schedule, where the weights have not seen all of it
            "length": None if length == self.steps else length,
            "start": None if start is None else start.model_dump(),
            **{name: shared.pop(name) for name in _FIRST if name in shared},
            **shared,
            "perceptual": self.perceptual,
            "scenes": record_hash({"data": self.data}) if self.data else None,
        }


def known_recipe(file: Path, card: Card) -> Record:
    """The recipe of a network that was trained here; empty where nothing readable is said of it.

    Args:
        file: the weights; see `locate`.
        card: theirs.
    """
    file = locate(file)
    beside = file.with_suffix(".json")
    try:
        inside = read_metadata(file).get(KEY)
        if inside is None and not beside.is_file():
            return {}
        found = read_json(beside) if inside is None else parse_json(inside, str(file))
        facts = TrainingFacts.model_validate(found)
    except (BadInput, ValidationError):
        return {}
    if inside is None and facts.tensors_sha256 != card.tensors_sha256:
        return {}  # the card of another network
    return facts.recipe(card)


def _completed(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration with the fields that came after it was written, and no places of data."""
    with suppress(ValidationError):  # of one of another version, what it has is compared
        config = TrainingConfig.model_validate(config).model_dump(mode="json")
    return {n: _what(value) if n in _OF_DATA else value for n, value in config.items()}


def _what(data: Any) -> Any:
    if isinstance(data, list):
        return [_what(one) for one in data]
    if isinstance(data, dict):
        return {name: value for name, value in data.items() if name not in _PLACES}
    return data
