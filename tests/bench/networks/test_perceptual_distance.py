"""The perceptual distance as a loss equals the metric's, and its gradient is a number everywhere."""

import pytest
import torch

from bench.core.errors import Unavailable
from bench.networks.perceptual import LPIPSNetwork
from bench.networks.perceptual_distance import perceptual_distance
from bench.networks.procedural import SegmenterLayers
from tests.bench.metrics.test_lpips import drawn_weights, images, the_package


def scaled(levels):
    return torch.from_numpy(levels).permute(0, 3, 1, 2).float() / 127.5 - 1


@pytest.fixture
def alex(tmp_path, monkeypatch):
    monkeypatch.setenv("SIEBENCH_WEIGHTS", str(tmp_path))
    return drawn_weights(tmp_path, "alex")


def test_it_is_lpips_and_so_is_its_gradient(alex):
    true, result = (scaled(one) for one in images())
    distance = perceptual_distance("alex")
    known = distance.features(true)
    found = {}
    for name, measure in (
        ("ours", lambda image: distance(image, known)),
        ("package", lambda image: the_package("alex", alex)(image, true).flatten()),
    ):
        image = result.clone().requires_grad_()
        values = measure(image)
        (gradient,) = torch.autograd.grad(values.sum(), image)
        found[name] = (values, gradient)
    for ours, package in zip(*found.values()):
        assert torch.allclose(ours, package, atol=1e-6, rtol=1e-4)
    assert distance.identity == LPIPSNetwork("alex", alex).identity()


def test_through_our_segmenter_it_is_the_metric_without_a_download():
    true, result = images(size=(64, 64))
    distance = perceptual_distance("segmenter")
    metric = SegmenterLayers()
    expected = [
        metric.distance(one, other)
        for one, other in zip(metric.features(true), metric.features(result))
    ]
    found = distance(scaled(result), distance.features(scaled(true)))
    assert found.tolist() == pytest.approx(expected, rel=1e-4)


def test_a_pixel_without_any_response_has_a_gradient_of_zero(alex):
    distance = perceptual_distance("alex")
    for name, parameter in distance.network.named_parameters():
        if name.endswith("bias"):
            parameter.fill_(-1e3)  # nothing ever fires
    image = torch.zeros(1, 3, 64, 64, requires_grad=True)
    distance(image, distance.features(torch.ones(1, 3, 64, 64))).sum().backward()
    assert torch.equal(image.grad, torch.zeros_like(image))


def test_missing_weights_are_asked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("SIEBENCH_WEIGHTS", str(tmp_path))
    with pytest.raises(Unavailable, match="siebench weights fetch vgg16"):
        perceptual_distance("vgg")
