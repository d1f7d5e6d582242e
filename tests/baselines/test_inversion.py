"""A real image into W+: the published schedule, and an image of the network is found again."""

import math
from contextlib import nullcontext

import pytest
import torch

from baselines import captured
from baselines.layers.label_map import label_maps_as
from baselines.semanticstylegan import SemanticStyleGAN, semanticstylegan_config
from baselines.semanticstylegan.inversion import Inverter, Schedule, ramp
from baselines.semanticstylegan.latents import rows
from bench.networks.perceptual_distance import PerceptualDistance
from bench.plugins.kinds import SYSTEMS
from tests.baselines.training.tape import TapeBackend


def blurred(image):
    """Layers of a made-up perceptual network: two averages of the image, shifted off zero."""
    return [torch.nn.functional.avg_pool2d(image, side) + 2 for side in (1, 4)]


@pytest.fixture(scope="module")
def inverter():
    torch.manual_seed(0)
    config = semanticstylegan_config(**SYSTEMS.get("semanticstylegan").small)
    network = SemanticStyleGAN(config).eval().requires_grad_(False)
    channels = [torch.ones(3) / 3] * 2
    distance = PerceptualDistance(torch.nn.Identity(), blurred, channels, {})
    return Inverter(network, distance)


@pytest.fixture(scope="module")
def mean(inverter):
    return inverter.network.mean_code(torch.Generator().manual_seed(0), 500)


@pytest.fixture(scope="module")
def own(inverter, mean):
    """An image that the network makes, of a code near the mean."""
    config = inverter.network.config
    draw = torch.Generator().manual_seed(1)
    codes = mean + 0.5 * torch.randn(1, rows(config), config.style_dim, generator=draw)
    return inverter.network(codes, segment=False).image


def test_the_rate_rises_over_a_twentieth_and_falls_over_a_quarter():
    assert ramp(0) == 0
    assert ramp(0.025) == pytest.approx(0.5)
    assert ramp(0.05) == ramp(0.5) == ramp(0.75) == 1
    assert ramp(0.875) == pytest.approx(0.5 - 0.5 * math.cos(math.pi * 0.5))
    assert ramp(0.99) == pytest.approx(0.5 - 0.5 * math.cos(math.pi * 0.04))


def test_the_defaults_are_the_published_ones():
    plan = Schedule()
    assert (plan.steps, plan.rate, plan.tuning, plan.optimise_noise) == (400, 0.1, 0, False)
    assert (plan.perceptual, plan.pixels, plan.prior, plan.noise) == (1.0, 0.1, 1.0, 10.0)


def test_an_image_of_the_network_is_found_again(inverter, mean, own):
    plan = Schedule(steps=60, prior=0.0, pixels=1.0)
    found = inverter.invert(own, mean, plan)
    made = inverter.network(found.codes, segment=False).image
    start = inverter.network(mean.unsqueeze(0), segment=False).image
    assert (made - own).square().mean() < 0.1 * (start - own).square().mean()
    assert found.losses[-1] < 0.2 * found.losses[0]
    assert found.network is inverter.network


def test_the_first_step_has_no_rate_and_the_search_begins_at_the_mean(inverter, mean, own):
    found = inverter.invert(own, mean, Schedule(steps=1))
    assert torch.equal(found.codes, mean.expand_as(found.codes))


def test_the_loss_is_the_published_sum(inverter, mean, own):
    start = inverter.network(mean.unsqueeze(0), segment=False).image
    looks = inverter.distance(start, inverter.distance.features(own)).sum()
    error = (start - own).square().mean()
    (loss,) = inverter.invert(own, mean, Schedule(steps=1)).losses
    assert loss == pytest.approx(float(looks + 0.1 * error), rel=1e-5)


def test_what_is_hidden_has_no_say(inverter, mean, own):
    known = torch.ones(1, 1, 32, 32)
    known[:, :, 8:24, 8:24] = 0
    other = torch.where(known > 0, own, own.flip(1) + 1)
    plan = Schedule(steps=5)
    one, two = (inverter.invert(image, mean, plan, known).codes for image in (own, other))
    assert torch.equal(one, two)
    assert not torch.equal(one, inverter.invert(own, mean, plan).codes)


def test_noise_and_network_move_only_where_they_are_asked_to(inverter, mean, own):
    stored = inverter.network.render_net.stored_noise
    before = {name: value.clone() for name, value in inverter.network.state_dict().items()}
    plain = inverter.invert(own, mean, Schedule(steps=2))
    assert all(torch.equal(a, b) for a, b in zip(plain.noise, stored))
    moved = inverter.invert(own, mean, Schedule(steps=2, tuning=2, optimise_noise=True))
    assert not any(torch.equal(a, b) for a, b in zip(moved.noise, stored))
    assert moved.network is not inverter.network
    assert not any(one.requires_grad for one in moved.network.parameters())
    after = inverter.network.state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items())


def test_an_inversion_works_where_gradients_are_off(inverter, mean, own):
    plan = Schedule(steps=3)
    with torch.inference_mode():
        inside = inverter.invert(own * 1, mean * 1, plan).codes
    assert torch.equal(inside, inverter.invert(own, mean, plan).codes)


@pytest.mark.parametrize("half", [torch.float32, torch.bfloat16])
def test_a_step_of_tuning_sees_what_the_last_one_changed(inverter, mean, own, half):
    seen = []

    def look(image):
        seen.append(image.detach())
        return blurred(image)

    distance = PerceptualDistance(torch.nn.Identity(), look, [torch.ones(3) / 3] * 2, {})
    other = Inverter(inverter.network, distance)
    with torch.autocast("cpu", half, enabled=half != torch.float32):
        few = other.invert(own, mean, Schedule(steps=1, tuning=2, tuning_rate=1e-2))
        other.invert(own, mean, Schedule(steps=1, tuning=3, tuning_rate=1e-2))
        made = few.network(few.codes, noise=few.noise, segment=False).image
    assert torch.equal(seen[-1], made.float())
    assert all(one.grad is None for one in few.network.parameters())


@pytest.mark.parametrize("refused", [False, True])
def test_replayed_steps_find_what_steps_as_written_find(inverter, mean, own, monkeypatch, refused):
    made = []

    class Known(torch.optim.Adam):
        def __init__(self, *given, **options):
            super().__init__(*given, **options)
            made.append(self)

    def state():  # of the code, then of the network that is tuned
        (group,) = made[-1].param_groups
        moments = [value for one in made[-1].state.values() for value in one.values()]
        return [*group["params"], *moments, group["lr"]]

    backend = TapeBackend(state)
    if refused:
        monkeypatch.setattr(backend, "capture", refuse)
    monkeypatch.setattr("baselines.semanticstylegan.inversion.Adam", Known)
    plan = Schedule(steps=12, tuning=6, tuning_rate=1e-3, optimise_noise=True)
    expected = inverter.invert(own, mean, plan)
    monkeypatch.setattr(captured, "is_gpu", lambda _: True)
    monkeypatch.setattr(captured, "_devices", {torch.device("cpu"): backend})
    said = pytest.warns(UserWarning, match="semanticstylegan: a step cannot be captured")
    with label_maps_as("lookups"), said if refused else nullcontext():
        found = inverter.invert(own, mean, plan)
    assert len(backend.tapes) == (0 if refused else 2)
    torch.testing.assert_close(found.losses, expected.losses, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(found.codes, expected.codes, atol=2e-3, rtol=0)
    for one, other in zip(found.network.parameters(), expected.network.parameters()):
        torch.testing.assert_close(one, other, atol=2e-3, rtol=0)


def refuse(work):
    raise RuntimeError("operation not permitted when stream is capturing")
