"""What a network reads from reference images, each read once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from bench.batch import Reference
from bench.core.identity import tensors_hash

__all__ = ["ReadReferences"]

T = TypeVar("T")

KEPT = 64
"""References whose styles stay in memory; the one that was asked for longest ago goes first."""


class ReadReferences(Generic[T]):
    """A function of a reference, called once for each content (edits share their references).

    Args:
        read: encodes a reference.
    """

    def __init__(self, read: Callable[[Reference], T]) -> None:
        self._read = read
        self._found: OrderedDict[tuple[str, str], T] = OrderedDict()

    def __call__(self, reference: Reference) -> T:
        """What `read` makes of the reference."""
        # Two datasets may have scenes of one name: the content is what counts.
        planes = {"image": reference.image, "labels": reference.labels}
        if reference.instances is not None:
            planes["instances"] = reference.instances
        content = tensors_hash((name, plane.cpu().numpy()) for name, plane in planes.items())
        key = (str(reference.image.device), content)
        if key not in self._found:
            self._found[key] = self._read(reference)
        self._found.move_to_end(key)
        if len(self._found) > KEPT:
            self._found.popitem(last=False)
        return self._found[key]
