"""What holds for every protocol that draws (packs and predefined masks have tests of their own)."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import masks
from masks import DrawnEdit, Impossible, Site, edit_digest, make_protocol

GOLDEN = json.loads(
    (Path(__file__).parents[2] / "golden" / "mask_digests.json").read_text(encoding="utf-8")
)
SMALL = {
    "sesame-add@1": {"least": 20, "size": 48},
    "sesame-remove@1": {"least": 16, "most": 40, "size": 48},
}
DRAWING = [key for key in masks.protocol_keys() if key not in ("pack@1", "predefined@1")]
ANY_SIZE = [key for key in DRAWING if key != "legacy-spmpgan@1"]


def made(key):
    return make_protocol(key, SMALL.get(key))


def outcome(drawn):
    return "impossible" if isinstance(drawn, Impossible) else edit_digest(drawn)


@st.composite
def sites(draw):
    """Blocks of labels (void among them) and of objects, of any shape."""
    rows, columns = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    block = draw(st.integers(3, 12))
    cells = st.lists(st.integers(-1, 3), min_size=rows * columns, max_size=rows * columns)
    labels = np.array(draw(cells), np.int32).reshape(rows, columns)
    objects = np.array(draw(cells), np.int32).reshape(rows, columns).clip(0)
    grow = np.ones((block, block), np.int32)
    instances = np.kron(objects, grow) if draw(st.booleans()) else None
    return Site("any", draw(st.text(max_size=4)), np.kron(labels, grow), instances, tuple("abcd"))


@pytest.mark.parametrize("key", ANY_SIZE)  # the legacy brush has golden cases of its own
def test_output_is_that_of_the_golden_file(key, streets, plain):
    drawn = [
        outcome(made(key).draw(site, seed=seed, sample=sample))
        for site in (streets[0], streets[1], plain)
        for seed, sample in ((0, 0), (0, 1), (7, 0))
    ]
    assert drawn == GOLDEN[key]


def test_the_golden_file_holds_every_protocol():
    assert sorted(GOLDEN) == sorted(ANY_SIZE)


@pytest.mark.parametrize("key", ANY_SIZE)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(site=sites(), seed=st.integers(0, 2**40), sample=st.integers(0, 50))
def test_an_edit_is_well_formed_or_says_why_there_is_none(key, site, seed, sample):
    drawn = made(key).draw(site, seed=seed, sample=sample)
    if isinstance(drawn, Impossible):
        assert len(drawn.reason) > 10
        return
    assert isinstance(drawn, DrawnEdit)
    assert drawn.mask.dtype == np.bool_
    assert drawn.mask.any()
    assert drawn.labels.dtype == np.int32
    assert drawn.labels.shape == drawn.mask.shape
    assert drawn.window is not None or drawn.mask.shape == site.size
    assert set(np.unique(drawn.labels)) <= set(range(-1, len(site.classes)))
    assert (drawn.instances is None) == (site.instances is None)
    if drawn.instances is not None:
        assert drawn.instances.dtype == np.int32
        assert drawn.instances.shape == drawn.mask.shape
    if drawn.window is None:
        # Nothing outside of the mask may be asked to become something else.
        assert (drawn.labels == site.labels)[~drawn.mask].all()
    assert drawn.region is None or drawn.region in site.classes


@pytest.mark.parametrize("key", DRAWING)
def test_an_edit_depends_on_nothing_but_its_name(key, streets):
    protocol = made(key)
    forwards = [outcome(protocol.draw(site, sample=k)) for site in streets for k in range(2)]
    random.seed(99)
    np.random.seed(99)
    protocol = made(key)
    backwards = [
        outcome(protocol.draw(site, sample=k)) for site in streets[::-1] for k in range(2)[::-1]
    ]
    assert backwards[::-1] == forwards


@pytest.mark.parametrize("key", ANY_SIZE)
def test_the_scene_is_left_as_it_was(key, street):
    labels, instances = street.labels.copy(), street.instances.copy()
    made(key).draw(street)
    assert (street.labels == labels).all()
    assert (street.instances == instances).all()


RANDOM = [
    key
    for key in ANY_SIZE
    if key not in ("outpainting@1", "panorama@1", "synthesis@1", "sesame-add@1")
]


@pytest.mark.parametrize("key", RANDOM)
def test_dataset_scene_seed_and_sample_each_change_the_drawing(key, street):
    protocol = made(key)

    def drawings(sites, seeds, samples):
        return {
            outcome(protocol.draw(site, seed=seed, sample=sample))
            for site in sites
            for seed in seeds
            for sample in samples
        }

    others = [Site(f"d{i}", "s", street.labels, street.instances, street.classes) for i in range(9)]
    scenes = [Site("d", f"s{i}", street.labels, street.instances, street.classes) for i in range(9)]
    assert len(drawings(others, [0], [0])) > 1
    assert len(drawings(scenes, [0], [0])) > 1
    assert len(drawings(scenes[:1], range(9), [0])) > 1
    assert len(drawings(scenes[:1], [0], range(9))) > 1


@pytest.mark.parametrize(
    "key", [k for k in ANY_SIZE if made(k).operation in ("add", "remove", "move")]
)
def test_a_scene_without_instance_maps_has_no_object_to_edit(key, plain):
    drawn = made(key).draw(plain)
    assert isinstance(drawn, Impossible)
    assert "no instance maps" in drawn.reason
