import hashlib
import json
import random
from pathlib import Path

import numpy as np
import PIL
import pytest

from masks import Impossible, MaskError, Site, make_protocol
from masks.protocols.legacy_spmpgan import legacy_mask, legacy_stroke

GOLDEN = json.loads(
    (Path(__file__).parents[2] / "golden" / "golden_brush_masks.json").read_text(encoding="utf-8")
)
CASES = [pytest.param(case, id=f"seed {case['seed']}") for case in GOLDEN["cases"]]
pillow_13 = pytest.mark.skipif(
    not PIL.__version__.startswith("13."), reason="the golden pixels are Pillow 13's"
)


def blank(scene="s", side=256):
    return Site("d", scene, np.zeros((side, side), np.int32), None, ("ground",))


def digest(mask):
    return hashlib.sha256(mask.astype(np.uint8).tobytes()).hexdigest()


@pytest.mark.parametrize("case", CASES)
def test_vertices_width_and_both_random_states_are_the_published_ones(case):
    python, numpy = random.Random(case["seed"]), np.random.RandomState(case["seed"])
    stroke = legacy_stroke(python, numpy)
    assert [list(vertex) for vertex in stroke.vertices] == case["vertices"]
    assert stroke.width == case["width"]
    assert python.random() == case["next_python_random"]
    assert numpy.normal() == case["next_numpy_normal"]


@pillow_13
@pytest.mark.parametrize("case", CASES)
def test_pixels_are_the_published_ones(case):
    mask = make_protocol("legacy-spmpgan").draw(blank(), seed=case["seed"]).mask
    assert mask.mean() == case["area_fraction"]
    assert digest(mask) == case["sha256_uint8"]


def test_samples_follow_each_other_as_after_one_seeding():
    python, numpy = random.Random(3), np.random.RandomState(3)
    expected = [legacy_mask(legacy_stroke(python, numpy)) for _ in range(4)]
    protocol = make_protocol("legacy-spmpgan")
    for k, mask in enumerate(expected):
        assert (protocol.draw(blank(), seed=3, sample=k).mask == mask).all()
    paired = protocol.paired_with(["a", "b"])
    for k, (scene, sample) in enumerate([("a", 0), ("b", 0), ("a", 1), ("b", 1)]):
        assert (paired.draw(blank(scene), seed=3, sample=sample).mask == expected[k]).all()


def test_other_sizes_and_unknown_scenes_are_not_drawn():
    protocol = make_protocol("legacy-spmpgan", {"scenes": ["a"]})
    assert isinstance(protocol.draw(blank("a", side=128)), Impossible)
    with pytest.raises(MaskError, match="'b' is not among"):
        protocol.draw(blank("b"))
