"""FID and KID through one random Inception, against pytorch-fid and clean-fid on one folder."""

import numpy as np
import pandas as pd
import pytest
import scipy.linalg
import torch
from cleanfid import fid as cleanfid
from PIL import Image
from pytorch_fid import fid_score
from pytorch_fid import inception as published

from bench.metrics import Context, Missing, make_metric
from bench.metrics.fid import FrechetDistance
from bench.metrics.frechet import frechet_distance
from bench.networks.inception import Inception
from bench.networks.weights import find


@pytest.fixture(scope="module")
def images():
    """Two sets of five images with some structure."""
    draw = np.random.default_rng(0)
    coarse = draw.integers(0, 256, (2, 5, 8, 10, 3), dtype=np.uint8)
    sets = coarse.repeat(8, axis=2).repeat(8, axis=3)
    return np.clip(sets + draw.integers(-20, 21, sets.shape), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def folders(images, tmp_path_factory):
    found = []
    for name, batch in zip(("real", "fake"), images):
        folder = tmp_path_factory.mktemp(name)
        for i, image in enumerate(batch):
            Image.fromarray(image).save(folder / f"{i}.png")
        found.append(folder)
    return found


@pytest.fixture
def weights(random_weights):
    return find("inception-fid", [random_weights("inception-fid")])


@pytest.fixture
def pytorch_fids_network(monkeypatch, weights):
    """pytorch-fid's own class with the same random weights in place of its download."""

    def instead_of_a_download(url, progress):
        counts = {
            name.replace("running_mean", "num_batches_tracked"): torch.tensor(0)
            for name in weights.load()
            if name.endswith("running_mean")
        }
        head = {"fc.weight": torch.zeros(1008, 2048), "fc.bias": torch.zeros(1008)}
        return {**weights.load(), **counts, **head}

    monkeypatch.setattr(published, "load_state_dict_from_url", instead_of_a_download)
    return published.InceptionV3([3]).eval()


def scored(metric, make_references, images, scenes=None):
    real, fake = images
    references = make_references(real, scenes=scenes)
    prepared = metric.prepare(references)
    rows = {"edit": references.edits, "scene": references.scenes}
    samples = pd.DataFrame({**rows, **metric.measure(references, prepared, fake)})
    return samples, pd.DataFrame({**rows, **prepared.columns})


def with_a_root_of_any_scipy(monkeypatch):
    """pytorch-fid and clean-fid ask sqrtm for `disp`, which SciPy 1.18 removed."""
    root = scipy.linalg.sqrtm
    monkeypatch.setattr(scipy.linalg, "sqrtm", lambda matrix, disp=True: (root(matrix), 0.0))


def test_features_equal_pytorch_fids(pytorch_fids_network, weights, folders, images):
    theirs = fid_score.get_activations(
        sorted(folders[0].iterdir()), pytorch_fids_network, batch_size=5, num_workers=0
    )
    ours = Inception(weights, "pytorch-fid").features(images[0])
    assert np.abs(ours - theirs).max() <= 1e-6 * np.abs(theirs).max()


# 64 dimensions: `test_cross_check` has all 2048, whose matrix root takes either library 20 s.
def test_the_distance_equals_pytorch_fids(
    monkeypatch, pytorch_fids_network, random_weights, make_references, folders, images
):
    with_a_root_of_any_scipy(monkeypatch)
    moments = [
        fid_score.compute_statistics_of_path(
            str(folder), pytorch_fids_network, 5, 2048, "cpu", num_workers=0
        )
        for folder in folders
    ]
    first = np.s_[:64]
    theirs = fid_score.calculate_frechet_distance(
        *(part for mean, spread in moments for part in (mean[first], spread[first, first]))
    )
    metric = make_metric("fid", {}, Context(weights=(random_weights("inception-fid"),)))
    sets = metric.sets(*scored(metric, make_references, images))
    value = frechet_distance(sets.real[:, :64], sets.fake[:, :64])
    assert value == pytest.approx(theirs, rel=1e-4)


def test_features_and_distance_equal_cleanfids(
    monkeypatch,
    pytorch_fids_network,
    random_weights,
    weights,
    make_references,
    folders,
    images,
):
    with_a_root_of_any_scipy(monkeypatch)
    trunk = published.InceptionV3([3], resize_input=False, normalize_input=False).eval()

    def network(batch):  # clean-fid hands over 0..255 and scales inside its own network
        return trunk((batch - 128) / 128)[0].flatten(1)

    theirs = [
        cleanfid.get_folder_features(
            str(folder), network, num_workers=0, device=torch.device("cpu"), verbose=False
        )
        for folder in folders
    ]
    ours = Inception(weights, "clean-fid").features(images[0])
    assert np.abs(ours - theirs[0]).max() <= 1e-6 * np.abs(theirs[0]).max()
    distance = cleanfid.fid_from_feats(*(side[:, :64] for side in theirs))
    metric = make_metric("fid-clean", {}, Context(weights=(random_weights("inception-fid"),)))
    sets = metric.sets(*scored(metric, make_references, images))
    value = frechet_distance(sets.real[:, :64], sets.fake[:, :64])
    assert value == pytest.approx(distance, rel=1e-4)


def test_bgr_is_the_default_preprocessing_on_swapped_channels(weights, images):
    swapped = np.ascontiguousarray(images[0][..., ::-1])
    ours = Inception(weights, "bgr").features(images[0])
    assert np.array_equal(ours, Inception(weights, "pytorch-fid").features(swapped))


def test_a_images_features_do_not_depend_on_its_batch(weights, images):
    together = Inception(weights).features(images[0])
    alone = [Inception(weights).features(image[None])[0] for image in images[0]]
    assert np.array_equal(together, alone)


def test_features_do_not_depend_on_the_number_of_threads(weights, images):
    before = torch.get_num_threads()
    found = []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        found.append(Inception(weights).features(images[0]))
        assert torch.get_num_threads() == threads
    torch.set_num_threads(before)
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


def test_without_the_official_file_nothing_is_called_fid(random_weights):
    context = Context(weights=(random_weights("inception-fid"),))
    for name, shown in (("fid", "frechet"), ("fid-bgr", "frechet-bgr"), ("kid", "kernel")):
        metric = make_metric(name, {}, context)
        assert metric.score_names == (shown,)
        assert "FID" not in metric.title


def test_the_official_file_makes_it_fid(monkeypatch, random_weights):
    monkeypatch.setattr(
        "bench.networks.weights.finder._file_hash", lambda *_: "6726825d" + "0" * 56
    )
    metric = make_metric("fid", {}, Context(weights=(random_weights("inception-fid"),)))
    assert (metric.name, metric.title) == ("fid", "FID")


def test_without_weights_the_metric_is_missing_with_address_and_place(tmp_path):
    missing = make_metric("fid", {}, Context(weights=(tmp_path,)))
    assert isinstance(missing, Missing)
    assert "github.com/mseitzer/pytorch-fid" in missing.reason
    assert "a folder of SIEBENCH_WEIGHTS" in missing.reason
    assert str(tmp_path) not in missing.reason  # stored with a run: no machine's folder


def test_identical_sets_score_zero(random_weights, make_references, images):
    context = Context(weights=(random_weights("inception-fid"),))
    same = (images[0], images[0])
    for name in ("fid", "kid"):
        metric = make_metric(name, {}, context)
        score = metric.summarise(*scored(metric, make_references, same))[0]
        assert score.value == pytest.approx(0, abs=1e-9)
        assert score.high == pytest.approx(0, abs=1e-9)


def test_constant_images_have_a_distance(random_weights, make_references):
    grey, white = (np.full((3, 40, 40, 3), value, np.uint8) for value in (128, 255))
    context = Context(weights=(random_weights("inception-fid"),))
    for name in ("fid", "kid"):
        metric = make_metric(name, {}, context)
        same = metric.summarise(*scored(metric, make_references, (grey, grey)))[0].value
        apart = metric.summarise(*scored(metric, make_references, (grey, white)))[0].value
        assert same == pytest.approx(0, abs=1e-9)
        assert np.isfinite(apart)
        assert apart > 0


class Blind(Inception):
    """Must not look at anything."""

    def _compute(self, images):
        raise AssertionError("computed again")


def test_real_features_come_from_the_cache_the_second_time(
    tmp_path, weights, make_references, images
):
    references = make_references(images[0])
    first = FrechetDistance("fid", "FID", Inception(weights), tmp_path).prepare(references)
    second = FrechetDistance("fid", "FID", Blind(weights), tmp_path).prepare(references)
    assert np.array_equal(first.columns["fid.features"], second.columns["fid.features"])


@pytest.mark.parametrize("scenes", [None, ["a", "a", "b", "c", "d"]])
def test_the_influence_of_an_edit_is_what_the_distance_loses_without_it(
    random_weights, make_references, images, scenes
):
    metric = make_metric("fid", {}, Context(weights=(random_weights("inception-fid"),)))
    samples, references = scored(metric, make_references, images, scenes)
    without = metric.summarise(samples[1:], references[1:])[0].value
    value = metric.summarise(samples, references)[0].value
    assert metric.influence(samples, references)["frechet"][0] == pytest.approx(value - without)


@pytest.mark.parametrize("name", ["fid", "kid"])
def test_broken_features_give_a_reason_that_names_the_edit(
    random_weights, make_references, images, name
):
    metric = make_metric(name, {}, Context(weights=(random_weights("inception-fid"),)))
    samples, references = scored(metric, make_references, images)
    samples[f"{metric.name}.features"].iloc[3][0] = np.nan
    score = metric.summarise(samples, references)[0]
    assert score.value is None
    assert "edit-3" in score.reason


def test_one_image_only_has_a_reason_instead_of_a_value(random_weights, make_references, images):
    context = Context(weights=(random_weights("inception-fid"),))
    for name in ("fid", "kid"):
        metric = make_metric(name, {}, context)
        score = metric.summarise(*scored(metric, make_references, images[:, :1]))[0]
        assert score.value is None
        assert "two" in score.reason


def test_the_definition_tells_preprocessing_and_weights_apart(random_weights):
    context = Context(weights=(random_weights("inception-fid"),))
    fid, bgr = (make_metric(name, {}, context).definition() for name in ("fid", "fid-bgr"))
    assert fid != bgr
    assert len(fid["extractor"]["tensors"]) == 64
