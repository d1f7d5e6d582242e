import tracemalloc

import numpy as np
import pytest

from masks import FreeForm, MaskError, Site, freeform_batch, make_protocol
from masks.protocols.freeform import CHUNK
from masks.protocols.freeform_sesame import FreeFormSesame

PUBLISHED = {0.05: 0.087, 0.25: 0.154, 0.5: 0.221, 0.75: 0.308, 0.95: 0.449}


def blank(size, scene="s"):
    return Site("d", scene, np.zeros(size, np.int32), None, ("ground",))


def coverages(size, count, **parameters):
    names = (("d", str(i), 0) for i in range(count))
    batches = freeform_batch(FreeForm(**parameters), names, size)
    return np.concatenate([batch.reshape(len(batch), -1).mean(axis=1) for batch in batches])


def test_coverage_is_distributed_as_published_over_5000_masks():
    shares = coverages((256, 256), 5000)
    for probability, published in PUBLISHED.items():
        assert abs(np.quantile(shares, probability) - published) < 0.01
    assert abs(shares.mean() - 0.239) < 0.01
    assert abs(shares.std() - 0.112) < 0.01


@pytest.mark.parametrize("size", [(64, 64), (128, 512), (480, 360)])
def test_the_distribution_goes_with_the_size(size):
    shares = coverages(size, 600)
    assert abs(np.median(shares) - 0.221) < 0.03
    assert abs(shares.mean() - 0.239) < 0.03


@pytest.mark.parametrize("size", [(256, 256), (48, 96)])
def test_a_batch_is_bit_equal_with_the_masks_one_by_one(size):
    protocol = FreeForm()
    names = [("d", f"s{i}", i % 3) for i in range(CHUNK + 5)]
    batch = np.concatenate(list(freeform_batch(protocol, names, size, seed=4)))
    for mask, (_, scene, sample) in zip(batch, names, strict=True):
        assert (protocol.draw(blank(size, scene), seed=4, sample=sample).mask == mask).all()


def test_memory_does_not_grow_with_the_number_of_masks():
    def peak(count):
        tracemalloc.start()
        for _ in freeform_batch(FreeForm(), (("d", str(i), 0) for i in range(count)), (64, 64)):
            pass
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(CHUNK)
    assert peak(40 * CHUNK) < 1.5 * peak(4 * CHUNK)


def test_a_wider_brush_covers_more_of_the_same_path():
    thin = FreeForm(thinnest=20, thickest=20).draw(blank((256, 256))).mask
    thick = FreeForm(thinnest=60, thickest=60).draw(blank((256, 256))).mask
    assert thick[thin].all()
    assert thick.sum() > thin.sum()


def test_bounds_in_the_wrong_order_are_refused():
    for parameters in ({"least_segments": 8, "most_segments": 4}, {"thinnest": 99, "thickest": 9}):
        with pytest.raises(MaskError, match="swap"):
            make_protocol("freeform", parameters)


def test_sesame_draws_strokes_seven_times_in_ten(streets):
    drawn = [FreeFormSesame().draw(site, sample=k) for site in streets for k in range(100)]
    by_class = [edit.region is not None for edit in drawn]
    assert 0.23 < np.mean(by_class) < 0.37  # 0.3 with 400 draws: sd 0.023
    for edit in (edit for edit in drawn if edit.region is not None):
        assert len(np.unique(edit.labels[edit.mask])) == 1


def test_sesame_strokes_come_with_a_rectangle_of_its_stated_sides():
    site = blank((100, 200))
    for k in range(20):
        mask = FreeFormSesame(strokes=1.0).draw(site, sample=k).mask
        assert mask.mean() > 0.3 * 0.3 * 0.99
