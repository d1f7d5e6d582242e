import pytest

from masks import references

IDS = [f"s{i}" for i in range(30)]


def test_references_are_other_scenes_each_at_most_once():
    drawn = references("restyle@1", "d", "s3", IDS, 5)
    assert len(set(drawn)) == 5
    assert "s3" not in drawn


def test_the_order_of_the_candidates_does_not_matter():
    assert references("k", "d", "s3", IDS[::-1], 5) == references("k", "d", "s3", IDS, 5)


def test_a_candidate_that_was_not_drawn_can_leave():
    drawn = references("k", "d", "s3", IDS, 5)
    fewer = [scene for scene in IDS if scene in drawn or scene < "s2"]
    assert references("k", "d", "s3", fewer, 5) == drawn


@pytest.mark.parametrize("change", [{"seed": 1}, {"sample": 1}])
def test_seed_and_sample_change_the_draw(change):
    assert references("k", "d", "s3", IDS, 5, **change) != references("k", "d", "s3", IDS, 5)


def test_fewer_candidates_give_fewer_references():
    assert references("k", "d", "a", ["a", "b"], 3) == ("b",)
    assert references("k", "d", "a", ["a"], 3) == ()
