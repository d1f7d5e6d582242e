import numpy as np
from scipy.stats import chisquare

from masks import Impossible, Site, make_protocol


def test_a_class_edit_paints_all_pixels_of_one_class(street):
    for sample in range(12):
        edit = make_protocol("class").draw(street, sample=sample)
        label = street.classes.index(edit.region)
        assert (edit.mask == (street.labels == label)).all()


def test_each_class_present_is_as_likely_as_the_other_whatever_its_area(street):
    drawn = [make_protocol("class").draw(street, sample=k).region for k in range(1200)]
    counts = [drawn.count(name) for name in street.classes]
    assert chisquare(counts).pvalue > 1e-3


def test_a_scene_of_nothing_but_void_has_no_class():
    site = Site("d", "s", np.full((4, 4), -1, np.int32), None, ("a",))
    for name in ("class", "restyle", "relabel"):
        assert isinstance(make_protocol(name).draw(site), Impossible)


def test_restyling_keeps_the_map_and_has_no_true_answer(street):
    edit = make_protocol("restyle", {"classes": ["sky"]}).draw(street)
    assert edit.region == "sky"
    assert (edit.mask == (street.labels == 0)).all()
    assert (edit.labels == street.labels).all()
    assert edit.ground_truth == "none"


def test_relabelling_turns_a_region_into_another_class_of_the_scene(street):
    for sample in range(20):
        edit = make_protocol("relabel").draw(street, sample=sample)
        new = street.classes.index(edit.region)
        assert (edit.labels[edit.mask] == new).all()
        assert len(np.unique(street.labels[edit.mask])) == 1
        assert street.labels[edit.mask][0] != new
        assert (edit.labels[~edit.mask] == street.labels[~edit.mask]).all()
        assert edit.ground_truth == "none"


def test_relabelling_can_be_told_what_becomes_what(street):
    edit = make_protocol("relabel", {"classes": ["tree"], "becomes": ["sky"]}).draw(street)
    assert (street.labels[edit.mask] == 5).all()
    assert (edit.labels[edit.mask] == 0).all()


def test_a_class_cannot_become_itself(street):
    drawn = make_protocol("relabel", {"classes": ["sky"], "becomes": ["sky"]}).draw(street)
    assert isinstance(drawn, Impossible)
    assert "no other class for sky" in drawn.reason
