import numpy as np
import pytest

from masks import Impossible, MaskError, Site, make_protocol


def blank(height, width, scene="s"):
    return Site("d", scene, np.zeros((height, width), np.int32), None, ("ground",))


def mask_of(name, site, sample=0, **parameters):
    return make_protocol(name, parameters).draw(site, sample=sample).mask


def test_outpainting_paints_columns_128_to_255():
    mask = mask_of("outpainting", blank(256, 256))
    assert mask[:, 128:].all()
    assert not mask[:, :128].any()


@pytest.mark.parametrize(
    ("side", "painted"),
    [
        ("left", np.s_[:, :50]),
        ("right", np.s_[:, 150:]),
        ("top", np.s_[:25, :]),
        ("bottom", np.s_[75:, :]),
    ],
)
def test_outpainting_paints_a_fraction_of_any_side(side, painted):
    mask = mask_of("outpainting", blank(100, 200), side=side, fraction=0.25)
    assert mask[painted].all()
    assert mask.mean() == 0.25


def test_two_sides_share_the_fraction():
    mask = mask_of("outpainting", blank(100, 200), side="left-right", fraction=0.5)
    assert mask.mean() == 0.5
    assert not mask[:, 50:150].any()
    upright = mask_of("outpainting", blank(200, 100), side="top-bottom", fraction=0.5)
    assert (upright == mask.T).all()


def test_the_known_window_of_an_extension_is_128_wide_and_starts_at_32_to_96():
    starts = set()
    for k in range(800):
        known = ~mask_of("extension", blank(256, 256), sample=k)
        rows, columns = np.nonzero(known)
        assert known.sum() == 128 * 128
        assert known[rows.min() : rows.min() + 128, columns.min() : columns.min() + 128].all()
        starts |= {("y", rows.min()), ("x", columns.min())}
    assert starts == {(axis, at) for axis in "xy" for at in range(32, 97)}


def test_a_centred_extension_knows_64_to_191():
    known = ~mask_of("extension", blank(256, 256), place="centre")
    assert known[64:192, 64:192].all()
    assert known.sum() == 128 * 128


def test_a_window_that_does_not_fit_is_refused():
    with pytest.raises(MaskError, match="window"):
        make_protocol("extension", {"window": 0.8})


def test_a_panorama_knows_the_left_128_of_512_columns():
    mask = mask_of("panorama", blank(256, 512))
    assert not mask[:, :128].any()
    assert mask[:, 128:].all()


def test_a_square_picture_is_no_panorama():
    drawn = make_protocol("panorama").draw(blank(64, 64))
    assert isinstance(drawn, Impossible)
    assert "wide" in drawn.reason


def test_synthesis_paints_everything(street):
    edit = make_protocol("synthesis").draw(street)
    assert edit.mask.all()
    assert (edit.labels == street.labels).all()
