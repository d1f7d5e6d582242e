"""Which classes of a label space are which class of the network.

The network has one class for both eyes, one for lips and mouth, and so on; CelebAMask-HQ and the
procedural faces name more (docs/protocol/generation.md, end of D.5).
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["PARTS", "class_numbers", "class_of"]

PARTS: dict[str, tuple[str, ...]] = {
    "eyes": ("l_eye", "r_eye", "left eye", "right eye"),
    "brows": ("l_brow", "r_brow", "left brow", "right brow"),
    "mouth": ("u_lip", "l_lip", "lips"),
    "ears": ("l_ear", "r_ear", "ear"),
    "neck": ("neck_l",),
    "glasses": ("eye_g",),
    "earring": ("ear_r",),
}
"""What classes are called beside their own name."""


def class_of(name: str | None, classes: Sequence[str]) -> int | None:
    """The number of the network's class that a label space's class, or a region, is part of."""
    for number, known in enumerate(classes):
        if name == known or name in PARTS.get(known, ()):
            return number
    return None


def class_numbers(names: Sequence[str], classes: Sequence[str]) -> tuple[int | None, ...]:
    """For each class of a label space the network's, None where it has none."""
    return tuple(class_of(name, classes) for name in names)
