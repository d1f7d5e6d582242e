"""LPIPS equals the `lpips` package, over the image and in the masked region."""

import math
import os
import warnings
from pathlib import Path

import lpips
import numpy as np
import pandas as pd
import pytest
import torch

from bench.core.images import read_image
from bench.metrics.lpips import LPIPS, LPIPSChange
from bench.metrics.metric import References
from bench.networks.perceptual import TRUNKS, LPIPSNetwork
from bench.networks.weights import find, network
from bench.run.measure import EditGroup, PreparedGroup, measure_group
from bench.scene import LabelSpace


def drawn_weights(folder, trunk):
    """A random trunk as a file: small weights of no meaning, but the right names and shapes."""
    draw = torch.Generator().manual_seed(0)
    tensors = {}
    for name, shape in network(TRUNKS[trunk]).tensors().items():
        fan = math.prod(shape[1:]) or 1
        tensors[name] = torch.randn(shape, generator=draw) * (2 / fan) ** 0.5
    torch.save(tensors, folder / "trunk.pth")
    return find(TRUNKS[trunk], [folder])


def the_package(trunk, weights, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = lpips.LPIPS(net=trunk, pnet_rand=True, verbose=False, **options)
    theirs.net.load_state_dict(
        {
            name: weights.load()["features." + name.split(".", 1)[1]]
            for name in theirs.net.state_dict()
        }
    )
    return theirs


def images(seed=0, size=(64, 80)):
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, 256, (2, *size, 3), dtype=np.uint8)
    result = np.clip(truth + draw.integers(-50, 51, truth.shape), 0, 255).astype(np.uint8)
    return truth, result


def references(truth, mask):
    count = len(truth)
    return References(
        images=truth,
        mask=mask,
        labels=np.zeros(mask.shape, np.int32),
        space=LabelSpace("one", ("thing",), ((0, 0, 0),)),
        scenes=tuple(map(str, range(count))),
        edits=tuple(map(str, range(count))),
    )


def as_input(image):
    return torch.from_numpy(image).permute(0, 3, 1, 2).float() / 127.5 - 1


def measured(metric, truth, mask, result):
    given = references(truth, mask)
    return metric.measure(given, metric.prepare(given), result)


@pytest.fixture
def two_threads():
    """On one thread PyTorch computes small convolutions by a path of its own, 1e-6 from oneDNN."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def equals_the_package(trunk, weights, sizes):
    package = the_package(trunk, weights)
    metric = LPIPS(LPIPSNetwork(trunk, weights))
    for seed, size in enumerate(sizes):
        truth, result = images(seed, size)
        mask = np.zeros(truth.shape[:3], bool)
        mask[:, 10:30, 5:40] = True
        got = measured(metric, truth, mask, result)
        with torch.no_grad():
            package.spatial = False
            expected = package(as_input(truth), as_input(result)).flatten().tolist()
            package.spatial = True
            maps = package(as_input(truth), as_input(result))
        inside = [float(maps[i, 0][torch.from_numpy(mask[i])].mean()) for i in range(2)]
        assert got[metric.name] == pytest.approx(expected, rel=1e-6)
        assert got[f"{metric.name}-hole"] == pytest.approx(inside, rel=1e-6)


@pytest.mark.parametrize("trunk", ["alex", "squeeze", "vgg"])
def test_it_equals_the_package_over_the_image_and_in_the_hole(tmp_path, two_threads, trunk):
    equals_the_package(trunk, drawn_weights(tmp_path, trunk), [(64, 80), (33, 47), (64, 64)])


@pytest.mark.parametrize("trunk", ["alex", "squeeze"])
def test_it_equals_the_package_with_real_weights(two_threads, trunk):
    weights = find(TRUNKS[trunk])
    if weights is None:
        pytest.skip(f"SIEBENCH_WEIGHTS holds no {TRUNKS[trunk]}")
    equals_the_package(trunk, weights, [(64, 80), (128, 96)])


def test_a_true_image_that_comes_again_is_looked_at_once(tmp_path):
    metric = LPIPS(LPIPSNetwork("alex", drawn_weights(tmp_path, "alex")))
    truth, _ = images()
    again = truth[[0, 0, 1]]
    mask = np.ones(again.shape[:3], bool)
    given = references(again, mask)
    first, second, third = metric.prepare(given).memory
    assert first is second
    assert first is not third


def test_a_images_value_does_not_depend_on_its_batch(tmp_path):
    metric = LPIPS(LPIPSNetwork("alex", drawn_weights(tmp_path, "alex")))
    truth, result = images()
    mask = np.ones(truth.shape[:3], bool)
    together = measured(metric, truth, mask, result)["lpips-alex"]
    alone = [
        measured(metric, truth[i : i + 1], mask[i : i + 1], result[i : i + 1])["lpips-alex"][0]
        for i in range(2)
    ]
    assert together == alone


def test_identical_images_are_at_distance_zero_and_an_empty_masked_region_has_no_value(tmp_path):
    metric = LPIPS(LPIPSNetwork("squeeze", drawn_weights(tmp_path, "squeeze")))
    truth, _ = images()
    got = measured(metric, truth, np.zeros(truth.shape[:3], bool), truth)
    assert got["lpips-squeeze"] == [0, 0]
    assert all(math.isnan(value) for value in got["lpips-squeeze-hole"])


def test_a_restyled_image_is_measured_against_its_original_where_there_is_no_truth(tmp_path):
    weights = drawn_weights(tmp_path, "alex")
    metrics = [kind(LPIPSNetwork("alex", weights)) for kind in (LPIPS, LPIPSChange)]
    original, result = images()
    known = references(original, np.ones(original.shape[:3], bool))
    edits = EditGroup(
        ground_truth=[None, None],
        original=list(original),
        mask=known.mask,
        labels=known.labels,
        space=known.space,
        scenes=known.scenes,
        edits=known.edits,
    )
    group = PreparedGroup.of(metrics, edits)
    got = measure_group(metrics, group, dict(enumerate(result)))
    assert set(got) == {"lpips-alex-original", "lpips-alex-original-hole"}
    with torch.no_grad():
        theirs = the_package("alex", weights)(as_input(original), as_input(result)).flatten()
    assert got["lpips-alex-original"] == pytest.approx(theirs.tolist(), rel=1e-6)


def test_how_far_an_edit_moved_is_another_score_which_is_better_in_neither_way(tmp_path):
    network = LPIPSNetwork("alex", drawn_weights(tmp_path, "alex"))
    likeness, change = LPIPS(network), LPIPSChange(network)
    assert change.better == "neither"
    assert change.definition() != likeness.definition()
    assert change.scores[1].title == "LPIPS (AlexNet) to the original, masked region"


def test_constant_images_have_a_distance(tmp_path):
    metric = LPIPS(LPIPSNetwork("alex", drawn_weights(tmp_path, "alex")))
    truth, result = (np.full((1, 64, 64, 3), value, np.uint8) for value in (0, 255))
    [distance] = measured(metric, truth, np.ones((1, 64, 64), bool), result)["lpips-alex"]
    assert 0 < distance < math.inf


def test_images_too_small_for_the_trunk_have_no_value(tmp_path):
    metric = LPIPS(LPIPSNetwork("alex", drawn_weights(tmp_path, "alex")))
    truth, result = images(size=(16, 16))
    got = measured(metric, truth, np.ones(truth.shape[:3], bool), result)
    assert all(math.isnan(value) for value in got["lpips-alex"])
    samples = pd.DataFrame({"scene": [str(i) for i in range(len(truth))], **got})
    reasons = {score.reason for score in metric.summarise(samples, pd.DataFrame())}
    assert reasons == {"no edit has sides of at least 32 pixels"}


@pytest.mark.parametrize(
    ("trunk", "far", "near"), [("alex", 0.7219, 0.1376), ("squeeze", 0.7110, 0.1479)]
)
def test_real_weights_reproduce_the_packages_example(trunk, far, near):
    if not (os.environ.get("SIEBENCH_WEIGHTS") and os.environ.get("SIEBENCH_DATA")):
        pytest.skip("SIEBENCH_WEIGHTS and SIEBENCH_DATA do not name the private folders")
    weights = find(TRUNKS[trunk])
    if weights is None:
        pytest.skip(f"SIEBENCH_WEIGHTS holds no {TRUNKS[trunk]}")
    folder = Path(os.environ["SIEBENCH_DATA"]) / "lpips_ref"
    truth, *others = (read_image(folder / f"{name}.png") for name in ("ex_ref", "ex_p0", "ex_p1"))
    mask = np.ones((1, *truth.shape[:2]), bool)
    metric = LPIPS(LPIPSNetwork(trunk, weights))
    got = [measured(metric, truth[None], mask, other[None])[metric.name][0] for other in others]
    assert got == pytest.approx([far, near], abs=1e-3)
