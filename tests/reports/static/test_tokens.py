"""Text can be read: contrast by WCAG 2.2, criterion 1.4.3 (4.5 to 1 for type of normal size)."""

from __future__ import annotations

import re

import pytest

from reports.page import static


def colours() -> dict[str, tuple[str, str]]:
    """Light and dark of every token that is a colour: #rrggbb."""
    pattern = r"--([a-z-]+): var\(--light, (#[0-9a-f]{6})\) var\(--dark, (#[0-9a-f]{6})\)"
    return {name: (light, dark) for name, light, dark in re.findall(pattern, static("tokens.css"))}


def luminance(colour: str) -> float:
    """WCAG 2.2, "relative luminance"."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("paper", ["paper", "panel", "raised"])
@pytest.mark.parametrize("ink", ["ink", "soft", "faint", "accent", "bad"])
def test_text_stands_out_from_what_it_is_on_in_light_and_dark(ink: str, paper: str):
    found = colours()
    for text, ground in zip(found[ink], found[paper]):
        assert contrast(text, ground) >= 4.5
