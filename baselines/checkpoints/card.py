"""The card of a weights file: what it is, where it came from, under which terms."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer

__all__ = ["KEY", "Card"]

KEY = "sebench.card"
"""The card's key in the metadata of a safetensors file, as JSON."""


class Card(BaseModel):
    """What stands in a weights file beside its tensors.

    Attributes:
        format: version of the card.
        system: "spade", "sesame", ...
        variant: the system's form, in its paper's words.
        config: the fields of the system's configuration.
        label_space: name of the label space that the network was trained on, or None = any space
            of its class count.
        source: the name of the file that was imported, or where the network was trained.
        source_sha256: over that file's bytes, or over names and hashes where several files were
            imported as one; None for a network that was trained here.
        tensors_sha256: over names and values of the network's own tensors: the weights' identity.
        training: how it was trained here (`baselines.training.facts.TrainingFacts`), where that is known.
        licence: under which terms the weights may be used.
        note: anything else a user must know.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    system: str
    variant: str
    config: dict[str, Any]
    label_space: str | None = None
    source: str
    source_sha256: str | None = None
    tensors_sha256: str
    training: dict[str, Any] | None = None
    licence: str
    note: str = ""

    @model_serializer(mode="wrap")
    def _as_before(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """The card of an imported network stays what former versions can read."""
        found: dict[str, Any] = dump(self)
        if self.training is None:
            del found["training"]
        return found
