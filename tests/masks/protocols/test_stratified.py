from collections import Counter

import numpy as np
import pytest

from masks import DrawnEdit, Site, make_protocol, stratum_of
from masks.protocols.stratified import STRATA, Stratum


def blank(size, scene="s"):
    return Site("d", scene, np.zeros(size, np.int32), None, ("ground",))


@pytest.mark.parametrize("size", [(256, 256), (64, 64), (96, 192)])
def test_twelve_samples_of_a_scene_hold_every_stratum_once(size):
    drawn = [make_protocol("stratified").draw(blank(size), sample=k) for k in range(12)]
    assert all(isinstance(edit, DrawnEdit) for edit in drawn)
    assert sorted(stratum_of(edit.mask) for edit in drawn) == sorted(STRATA)


def test_one_sample_of_many_scenes_holds_each_stratum_about_as_often():
    protocol = make_protocol("stratified")
    counts = Counter(protocol.stratum("d", f"s{i}") for i in range(2400))
    assert set(counts) == set(STRATA)
    assert max(abs(count - 200) for count in counts.values()) < 60  # sd 13.5


def test_the_stratum_that_is_announced_is_the_one_that_is_drawn():
    protocol = make_protocol("stratified")
    for sample in range(12):
        edit = protocol.draw(blank((128, 128), "other"), seed=3, sample=sample)
        assert stratum_of(edit.mask) == protocol.stratum("d", "other", seed=3, sample=sample)


def test_strata_are_told_by_area_rim_and_outline():
    mask = np.zeros((100, 100), bool)
    mask[40:60, 40:60] = True
    assert stratum_of(mask) == Stratum(area=0, touches=False, thin=False)
    bar = np.zeros((100, 100), bool)
    bar[:90, 10:15] = True
    assert stratum_of(bar) == Stratum(area=0, touches=True, thin=True)
    half = np.zeros((100, 100), bool)
    half[:, :40] = True
    assert stratum_of(half) == Stratum(area=2, touches=True, thin=False)
    assert stratum_of(np.ones((10, 10), bool)) is None
