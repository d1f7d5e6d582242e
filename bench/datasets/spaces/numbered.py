"""Label spaces for classes that came without colours, or without names."""

from __future__ import annotations

from bench.scene import LabelSpace

__all__ = ["bit_colours", "numbered_space"]


def bit_colours(count: int) -> tuple[tuple[int, int, int], ...]:
    """`count` colours that differ well: PASCAL VOC's colour map from its entry 1 on.

    Bits 0, 3, 6 of the entry's number become red from the highest bit down, bits 1, 4, 7 green,
    bits 2, 5, 8 blue.
    """
    return tuple((_spread(k, 0), _spread(k, 1), _spread(k, 2)) for k in range(1, count + 1))


def numbered_space(count: int) -> LabelSpace:
    """`count` classes called "class 0", "class 1", ...: for labels without a table of names."""
    return LabelSpace(
        f"numbered-{count}", tuple(f"class {k}" for k in range(count)), bit_colours(count)
    )


def _spread(number: int, channel: int) -> int:
    return sum(((number >> (3 * bit + channel)) & 1) << (7 - bit) for bit in range(8))
