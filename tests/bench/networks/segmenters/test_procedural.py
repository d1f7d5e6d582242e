"""Our own segmenter: with weights it segments and measures, without it says why not."""

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from bench.core.errors import BadInput
from bench.datasets import Fit, open_dataset
from bench.metrics import Missing, make_metric
from bench.metrics.context import Context
from bench.metrics.frechet import frechet_distance
from bench.metrics.metric import References
from bench.networks.procedural import SegmenterFeatures
from bench.networks.segmenters import label_lookup
from bench.networks.segmenters.make import make_segmenter
from bench.networks.segmenters.procedural import ProceduralSegmenter
from bench.networks.segmenters.unet import (
    FILE,
    DomainNorm,
    SegmenterConfig,
    SegmenterNet,
    read_segmenter,
    write_segmenter,
)
from bench.networks.weights import WeightsMissing

DOMAINS = ("procedural-rooms", "procedural-faces")


@pytest.fixture
def folder(tmp_path):
    torch.manual_seed(0)
    domains = {name: open_dataset(name, None).space.classes for name in DOMAINS}
    config = SegmenterConfig(domains=domains, widths=(4, 6, 8), size=32)
    write_segmenter(config, SegmenterNet(config).state_dict(), tmp_path / FILE)
    return tmp_path


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    monkeypatch.setattr("bench.networks.segmenters.unet.FILE", "none-in-tests.safetensors")
    return tmp_path


def images(name, count=3, side=48):
    dataset = open_dataset(name, None, count=count)
    return np.stack([dataset.read(scene, Fit((side, side))).image for scene in dataset.ids])


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_domain_is_segmented_in_its_own_classes_at_the_images_size(folder, domain):
    segmenter = ProceduralSegmenter(domain, folders=(folder,))
    space = open_dataset(domain, None).space
    labels = segmenter.segment(images(domain))
    assert labels.shape == (3, 48, 48)
    assert labels.dtype == np.int32
    assert 0 <= labels.min() <= labels.max() < len(space)
    assert label_lookup(space, segmenter.space)[:-1].tolist() == list(range(len(space)))


def test_a_images_labels_do_not_depend_on_its_company(folder):
    segmenter = make_segmenter("procedural:procedural-rooms", folders=(folder,))
    together = segmenter.segment(images("procedural-rooms"))
    alone = segmenter.segment(images("procedural-rooms")[1:2])
    assert np.array_equal(together[1], alone[0])


def test_an_unknown_domain_is_answered_with_the_nearest(folder):
    with pytest.raises(BadInput, match="did you mean 'procedural-rooms'"):
        make_segmenter("procedural:procedural-room", folders=(folder,))


def test_a_damaged_file_is_refused(folder):
    path = folder / FILE
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(BadInput, match="is no segmenter of procedural scenes"):
        make_segmenter("procedural:procedural-faces", folders=(folder,))


def test_without_weights_segmenter_and_distance_are_missing_with_the_reason(nowhere):
    with pytest.raises(WeightsMissing, match="siebench zoo train --models segmenter"):
        make_segmenter("procedural:procedural-streets", folders=(nowhere,))
    metric = make_metric("fd-procedural", context=Context(weights=(nowhere,), cache=None))
    assert isinstance(metric, Missing)
    assert "the segmenter of the procedural scenes is not here" in metric.reason


def test_features_are_means_of_all_levels_and_make_a_frechet_distance(folder):
    features = SegmenterFeatures(folders=(folder,))
    rooms = features.features(images("procedural-rooms", 6))
    assert rooms.shape == (6, 4 + 6 + 8)
    # Another set under a translation t: the distance of equal covariances is |t|^2.
    shift = np.full(18, 0.5, np.float32)
    assert frechet_distance(rooms, rooms + shift) == pytest.approx(18 * 0.25, rel=1e-4)


def test_the_distance_is_never_called_fid(folder):
    metric = make_metric("fd-procedural", context=Context(weights=(folder,), cache=None))
    assert not isinstance(metric, Missing)
    assert metric.name == "fd-procedural"
    assert "FID" not in metric.title
    assert metric.definition()["extractor"]["network"] == "segmenter-procedural"


def test_the_perceptual_distance_is_that_of_the_levels_of_unit_length(folder):
    metric = make_metric("perceptual-procedural", context=Context(weights=(folder,), cache=None))
    assert not isinstance(metric, Missing)
    assert "LPIPS" not in metric.title
    real, fake = images("procedural-rooms", side=32), images("procedural-faces", side=32)
    network = read_segmenter(folder / FILE)
    with torch.inference_mode():
        one, two = (
            network.levels(torch.from_numpy(side).permute(0, 3, 1, 2) / 127.5 - 1)
            for side in (real, fake)
        )
    # |a/|a| - b/|b||^2, averaged over pixels and levels.
    expected = torch.stack(
        [(normalize(a) - normalize(b)).square().sum(1).mean((1, 2)) for a, b in zip(one, two)]
    ).mean(0)
    mask = np.zeros((3, 32, 32), bool)
    mask[:, :8] = True
    references = References(
        images=real,
        mask=mask,
        labels=np.zeros((3, 32, 32), np.int32),
        space=open_dataset("procedural-rooms", None).space,
        scenes=("a", "b", "c"),
        edits=("a", "b", "c"),
    )
    got = metric.measure(references, metric.prepare(references), fake)
    assert got["perceptual-procedural"] == pytest.approx(expected.tolist(), rel=1e-4)
    assert all(0 < value < 4 for value in got["perceptual-procedural-hole"])
    same = metric.measure(references, metric.prepare(references), real)
    assert same["perceptual-procedural"] == [0, 0, 0]


def test_a_domain_is_normalised_as_if_it_were_trained_alone():
    torch.manual_seed(0)
    shared, alone = DomainNorm(3, domains=2), [torch.nn.BatchNorm2d(3) for _ in range(2)]
    for step in range(6):
        x = torch.randn(4, 3, 5, 5) * (1 + step % 2) + 3 * (step % 2)
        torch.testing.assert_close(shared(x, step % 2), alone[step % 2](x))
    x = torch.randn(2, 3, 5, 5)
    for domain, norm in enumerate(alone):
        torch.testing.assert_close(shared.eval()(x, domain), norm.eval()(x))


def test_without_a_domain_the_statistics_are_those_of_all_images_together():
    torch.manual_seed(0)
    norm = DomainNorm(3, domains=2)
    norm.momentum = 1.0
    first, second = torch.randn(8, 3, 16, 16), 2 * torch.randn(8, 3, 16, 16) + 5
    for domain, x in enumerate((first, second)):
        norm(x, domain)
    together = torch.cat([first, second])
    found = norm.eval()(together, None)
    # Training's variances divide by n - 1, the variance here by n.
    expected = torch.nn.functional.batch_norm(together, None, None, training=True)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)


def test_the_folded_encoder_gives_the_levels_of_all_domains(folder):
    network = read_segmenter(folder / FILE).double()
    for name, one in network.named_buffers():
        one.uniform_(0.5, 2) if name.endswith("variance") else one.normal_()
    found = torch.rand(2, 3, 32, 32, dtype=torch.float64) * 2 - 1
    expected = network.levels(found)
    for layer, level in zip(network.folded_encoder(), expected, strict=True):
        found = layer(found)
        torch.testing.assert_close(found, level, rtol=1e-10, atol=1e-10)


def test_the_statistics_of_all_domains_follow_each_domains():
    norm = DomainNorm(1, domains=2).eval()
    x = torch.tensor([[[[2.0]]]])
    assert norm(x, None).item() == pytest.approx(2.0, abs=1e-4)
    norm.mean[1] = 2.0  # mean 1, variance 1 within and 1 between
    assert norm(x, None).item() == pytest.approx(1 / 2**0.5, abs=1e-4)
    assert norm.double()(x.double(), None).dtype == torch.float64
