"""Which tensors each network's trunk has, so that a file is known by what it holds.

Classifier heads are left out: no metric uses them.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from importlib import resources

__all__ = ["Shape", "alexnet", "inception", "squeezenet", "vgg16", "vgg19"]

Shape = tuple[int, ...]


def alexnet() -> dict[str, Shape]:
    """Torchvision's AlexNet: five convolutions."""
    convolutions = {
        0: (64, 3, 11, 11),
        3: (192, 64, 5, 5),
        6: (384, 192, 3, 3),
        8: (256, 384, 3, 3),
        10: (256, 256, 3, 3),
    }
    return _with_biases({f"features.{at}": shape for at, shape in convolutions.items()})


def squeezenet() -> dict[str, Shape]:
    """Torchvision's SqueezeNet 1.1: one convolution and eight fire modules."""
    found: dict[str, Shape] = {"features.0": (64, 3, 3, 3)}
    channels = 64
    sizes = (16, 16, 32, 32, 48, 48, 64, 64)
    for at, squeezed in zip((3, 4, 6, 7, 9, 10, 11, 12), sizes):
        wide = 4 * squeezed
        found[f"features.{at}.squeeze"] = (squeezed, channels, 1, 1)
        found[f"features.{at}.expand1x1"] = (wide, squeezed, 1, 1)
        found[f"features.{at}.expand3x3"] = (wide, squeezed, 3, 3)
        channels = 2 * wide
    return _with_biases(found)


def vgg16() -> dict[str, Shape]:
    """Torchvision's VGG-16 without batch normalisation: 13 convolutions."""
    return _vgg((2, 2, 3, 3, 3))


def vgg19() -> dict[str, Shape]:
    """Torchvision's VGG-19 without batch normalisation: 16 convolutions."""
    return _vgg((2, 2, 4, 4, 4))


def inception() -> dict[str, Shape]:
    """pytorch-fid's Inception without its classifier: 94 convolutions with batch normalisation."""
    table = resources.files(__package__).joinpath("inception.csv").read_text(encoding="utf-8")
    found: dict[str, Shape] = {}
    for row in csv.DictReader(table.splitlines()):
        out = int(row["out"])
        kernel = (int(row["height"]), int(row["width"]))
        found[f"{row['layer']}.conv.weight"] = (out, int(row["in"]), *kernel)
        for part in ("weight", "bias", "running_mean", "running_var"):
            found[f"{row['layer']}.bn.{part}"] = (out,)
    return found


def _vgg(stages: Sequence[int]) -> dict[str, Shape]:
    found: dict[str, Shape] = {}
    channels, at = 3, 0
    for count, width in zip(stages, (64, 128, 256, 512, 512)):
        for _ in range(count):
            found[f"features.{at}"] = (width, channels, 3, 3)
            channels = width
            at += 2  # a ReLU follows each convolution
        at += 1  # and a pooling each stage
    return _with_biases(found)


def _with_biases(convolutions: dict[str, Shape]) -> dict[str, Shape]:
    found: dict[str, Shape] = {}
    for layer, shape in convolutions.items():
        found[f"{layer}.weight"] = shape
        found[f"{layer}.bias"] = shape[:1]
    return found
