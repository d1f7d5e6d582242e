"""The same pixels on every machine: hashes written down with NumPy 2.4, checked with 1.26.

A change that moves a pixel changes what every trained model and every number saw: it needs
a new version in the label spaces' names ("procedural-rooms@2"), and new hashes here.
"""

import json
from pathlib import Path

import pytest

from bench.core.identity import array_hash
from bench.datasets import Fit, open_dataset

GOLDEN = json.loads(
    (Path(__file__).parents[2] / "golden" / "procedural" / "scenes.json").read_text()
)


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_scenes_have_the_pixels_that_they_always_had(name):
    dataset = open_dataset(name, None, split="test")
    for key, expected in GOLDEN[name].items():
        scene_id, side = key.split("@")
        scene = dataset.read(scene_id, Fit((int(side), int(side))))
        planes = {"image": scene.image, "labels": scene.labels, "instances": scene.instances}
        assert {plane: array_hash(values) for plane, values in planes.items()} == expected, key
