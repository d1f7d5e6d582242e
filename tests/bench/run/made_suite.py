"""A small labelled folder and a suite over it, for tests of whole runs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

SIZE = 32
CLASSES = ["floor", "wall", "lamp"]


def write_scene(root: Path, stem: str, seed: int, *, lamp: bool = True) -> None:
    """A wall over a floor in two colours of the scene's own, with a lamp as its one object."""
    random = np.random.Generator(np.random.PCG64(seed))
    labels = np.ones((SIZE, SIZE), np.uint8)
    labels[SIZE // 2 :] = 0
    instances = np.zeros((SIZE, SIZE), np.uint8)
    if lamp:
        labels[8:18, 10:18] = 2
        instances[8:18, 10:18] = 1
    colours = random.integers(0, 256, (3, 3))
    image = (colours[labels] + random.integers(-9, 10, (SIZE, SIZE, 3))).clip(0, 255)
    for folder, plane in (
        ("images", image.astype(np.uint8)),
        ("labels", labels),
        ("instances", instances),
    ):
        (root / folder).mkdir(parents=True, exist_ok=True)
        Image.fromarray(plane).save(root / folder / f"{stem}.png")


def write_data(root: Path, count: int = 5) -> Path:
    """`count` scenes; the second one has no lamp."""
    for i in range(count):
        write_scene(root, f"scene{i}", i, lamp=i != 1)
    (root / "classes.json").write_text(json.dumps(CLASSES))
    return root


def suite_text(data: Path, **changes: str) -> str:
    """YAML of a suite with a free-form and an object-removal task over `data`."""
    fields = {
        "name": "made",
        "batch_size": "2",
        "datasets": f"{{rooms: {{dataset: folder, path: {json.dumps(str(data))}, size: {SIZE}}}}}",
        "tasks": "[{dataset: rooms, protocol: [freeform@1, object-remove@1]}]",
        "methods": "[copy, mean-colour, diffusion]",
        "metrics": "[psnr, l1]",
        **changes,
    }
    return "".join(f"{key}: {value}\n" for key, value in fields.items())
