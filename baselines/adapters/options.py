"""Options that editors with a network share: in which arithmetic it computes, where edges come from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, get_args

import torch

from baselines.layers.pointwise import compiled_layers
from bench.core.errors import BadInput, unknown

__all__ = ["Arithmetic", "EdgeSource", "Precision", "check_choice"]

EdgeSource = Literal["regions", "labels", "instances"]
"""Where an edge channel comes from; see `EditBatch.edges`."""

Precision = Literal["float32", "bfloat16", "float16"]
"""float32 reproduces the published network to rounding. The halves compute convolutions and products
with 8 (bfloat16) or 11 (float16) bits: faster where the processor has them, and images differ by grey
levels; float16 has few exponents, and a network that leaves their range fails its edits."""

_HALVES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class Arithmetic:
    """Precision and compilation; both are part of a method's identity.

    Attributes:
        precision: see `Precision`.
        compile: fuse the layers' pixel-by-pixel arithmetic into kernels that are compiled when the
            first edit needs them (some seconds, a C++ compiler). Sums are rounded in another order.
    """

    precision: Precision = "float32"
    compile: bool = False

    def check(self, editor: str) -> Arithmetic:
        """Itself, where both options have a value that there is.

        Raises:
            BadInput: naming the editor and the option.
        """
        check_choice(editor, "precision", self.precision, Precision)
        if not isinstance(self.compile, bool):
            raise BadInput(
                f"editor {editor!r}: compile: {self.compile!r} is neither true nor false"
            )
        return self

    @contextmanager
    def inference(self, device: torch.device) -> Iterator[None]:
        """Inside this block networks of float32 weights run so on `device`, without gradients."""
        half = _HALVES.get(self.precision)
        with (
            torch.inference_mode(),
            torch.autocast(device.type, half, enabled=half is not None),
            compiled_layers(self.compile),
        ):
            yield


def check_choice(editor: str, option: str, value: str, literal: Any) -> None:
    """Refuses a word that the option does not have.

    Args:
        editor, option: for the message.
        value: what the suite says.
        literal: the `Literal` type of the option.

    Raises:
        BadInput: with the nearest word that it has.
    """
    words = get_args(literal)
    if value not in words:
        raise unknown(f"value of {option!r} of editor {editor!r}:", str(value), words)
