"""Normalised features under maps of a scale and a shift: the kernels and their gradient are the formula."""

from __future__ import annotations

import contextlib
import functools

import pytest
import torch
from torch.nn import functional as F

from baselines.layers import fused, modulated_norm
from baselines.layers.instance_norm import image_statistics
from baselines.layers.modulated_norm import ModulatedNorm, modulated


def normals(*shape, seed=0):
    x = torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
    return x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x


@pytest.mark.parametrize("channels", [4, 12, 130])
def test_modulation_is_its_formula(kernels, channels):
    x, maps = normals(2, channels, 6, 5), normals(2, 2 * channels, 6, 5, seed=1)
    bias = normals(2 * channels, seed=2)
    mean, variance = normals(channels, seed=3), normals(channels, seed=4).square()
    gamma, beta = (maps + bias.view(-1, 1, 1)).chunk(2, dim=1)
    with torch.inference_mode():
        found = modulated(ModulatedNorm(x, mean, variance, 1e-3, maps, bias, slope=0.2))
    expected = F.leaky_relu(F.batch_norm(x, mean, variance, eps=1e-3) * (1 + gamma) + beta, 0.2)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-5)
    assert found.is_contiguous(memory_format=torch.channels_last)
    assert kernels == ["modulated"]


def test_halves_are_modulated_in_single_precision_and_rounded_once(kernels):
    x, maps = normals(1, 4, 6, 5).bfloat16(), normals(1, 8, 6, 5, seed=1).bfloat16()
    mean, variance, bias = torch.zeros(4), torch.ones(4), torch.zeros(8)
    with torch.inference_mode():
        found = modulated(ModulatedNorm(x, mean, variance, 0.0, maps, bias))
    gamma, beta = maps.float().chunk(2, dim=1)
    expected = (x.float() * (1 + gamma) + beta).bfloat16()
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found, expected, atol=0, rtol=2**-7)


def test_statistics_of_every_image_are_a_form_of_their_own(kernels, monkeypatch):
    checked = []
    same = modulated_norm.same_result
    monkeypatch.setattr(
        modulated_norm, "same_result", lambda *given: checked.append(1) or same(*given)
    )
    with torch.inference_mode():
        for batch in (1, 2, 2):  # of one image they are those of the whole batch
            x, maps = normals(batch, 4, 6, 5), normals(batch, 8, 6, 5, seed=1)
            modulated(ModulatedNorm(x, *image_statistics(x), 1e-5, maps, normals(8, seed=2)))
    assert len(checked) == 4


def test_without_kernels_a_modulation_is_carried_out_as_written(kernels, monkeypatch):
    x, more = normals(2, 4, 6, 5), normals(2, 16, 6, 5, seed=5)
    given = (x, *image_statistics(x), 1e-5, normals(2, 8, 6, 5, seed=1), normals(8, seed=2))
    options = [
        {"more": more, "more_bias": normals(16, seed=3), "slope": 0.2},
        {"more": normals(2, 8, 6, 5, seed=6)},
        {"noise": normals(2, 1, 6, 5, seed=7), "noise_scale": normals(4, seed=8)},
    ]
    with torch.inference_mode():
        expected = [modulated(ModulatedNorm(*given, **one)) for one in options]
        monkeypatch.setattr(fused, "_failed", ["no compiler"])
        found = [modulated(ModulatedNorm(*given, **one)) for one in options]
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, atol=2e-5, rtol=1e-5)
    assert kernels == ["modulated"] * 3


def drawn(channels, heads, size=(6, 5), batch=3):
    """What a modulation in training is given, and what its gradient is taken of."""
    given = {
        "x": normals(batch, channels, *size) * 2 + 1,
        "maps": normals(batch, 2 * channels, *size, seed=1),
        "bias": normals(2 * channels, seed=2),
        "more": normals(batch, heads * channels, *size, seed=3) if heads else None,
        "more_bias": normals(4 * channels, seed=4) if heads == 4 else None,
    }
    return {name: one for name, one in given.items() if one is not None}


def formula(x, maps, bias, more=None, more_bias=None, *, instance):
    """The published equations by PyTorch's own normalisations."""
    normal = F.instance_norm(x) if instance else F.batch_norm(x, None, None, training=True)
    gamma, beta = (maps + bias.view(-1, 1, 1)).chunk(2, dim=1)
    if more_bias is not None:
        one, two, three, four = (more + more_bias.view(-1, 1, 1)).chunk(4, dim=1)
        gamma, beta = gamma * (1 + one) + two, beta * (1 + three) + four
    elif more is not None:
        one, two = more.chunk(2, dim=1)
        gamma, beta = gamma + one, beta + two
    return F.leaky_relu(normal * (1 + gamma) + beta, 0.2)


def statistics(x, instance):
    if instance:
        return image_statistics(x)
    variance, mean = torch.var_mean(x, (0, 2, 3), correction=0)
    return mean, variance


def gradients(out, given, seed=5):
    out = out * normals(*out.shape, seed=seed).to(out)
    return dict(zip(given, torch.autograd.grad(out.sum(), list(given.values())), strict=True))


@pytest.mark.parametrize("instance", [True, False])
@pytest.mark.parametrize("heads", [0, 2, 4])
@pytest.mark.parametrize("channels", [1, 14, 130])
def test_gradients_are_those_of_the_equations(kernels, channels, heads, instance):
    given = {name: one.requires_grad_() for name, one in drawn(channels, heads).items()}
    of_x = statistics(given["x"].detach(), instance)
    norm = ModulatedNorm(mean=of_x[0], variance=of_x[1], epsilon=1e-5, slope=0.2, **given)
    found = gradients(modulated(norm), given)
    exact = {name: one.detach().double().requires_grad_() for name, one in given.items()}
    for name, expected in gradients(formula(**exact, instance=instance), exact).items():
        torch.testing.assert_close(found[name].double(), expected, atol=2e-5, rtol=2e-5, msg=name)
        assert found[name].stride() == given[name].stride()
    assert kernels == ["modulated", "modulated_back", "modulated_back"]  # the last is checked


@pytest.mark.parametrize("programs", [1, 4, 2048])
@pytest.mark.parametrize("instance", [True, False])
def test_however_many_programs_share_its_sums_a_gradient_is_the_same(
    kernels, monkeypatch, programs, instance
):
    monkeypatch.setattr("baselines.layers.triton_kernels._PROGRAMS", programs)
    given = {name: one.requires_grad_() for name, one in drawn(40, 4, size=(17, 9)).items()}
    of_x = statistics(given["x"].detach(), instance)
    norm = ModulatedNorm(mean=of_x[0], variance=of_x[1], epsilon=1e-5, slope=0.2, **given)
    found = gradients(modulated(norm), given)
    expected = gradients(formula(**given, instance=instance), given)
    for name in given:
        torch.testing.assert_close(found[name], expected[name], atol=1e-4, rtol=1e-4, msg=name)


@pytest.mark.parametrize(
    "halves",
    [
        ("x", "maps", "more"),
        ("x", "maps", "more", "bias", "more_bias"),  # weights that are cast together
        ("maps", "more", "bias", "more_bias"),  # features that autocast made single
    ],
)
def test_maps_of_mixed_precision_get_gradients_of_their_own_kind(kernels, halves):
    given = drawn(6, 4, size=(16, 12))
    given = {
        name: (one.bfloat16() if name in halves else one).requires_grad_()
        for name, one in given.items()
    }
    of_x = image_statistics(given["x"].detach())
    out = modulated(ModulatedNorm(mean=of_x[0], variance=of_x[1], epsilon=1e-5, slope=0.2, **given))
    found = gradients(out, given)
    assert not fused._failed
    exact = {name: one.detach().double().requires_grad_() for name, one in given.items()}
    for name, expected in gradients(formula(**exact, instance=True), exact).items():
        assert found[name].dtype == given[name].dtype
        # In half, features' gradient is rounded before their statistics' part is taken off.
        near = 0.02 * float(expected.abs().max())
        torch.testing.assert_close(found[name].double(), expected, atol=near, rtol=0, msg=name)


def test_what_statistics_take_off_a_gradient_in_half_is_what_was_rounded(kernels):
    x, maps = normals(2, 3, 8, 8).bfloat16().requires_grad_(), normals(2, 6, 8, 8, seed=1) * 0
    of_x = image_statistics(x.detach())
    norm = ModulatedNorm(x, *of_x, 1e-5, maps.bfloat16(), torch.full((6,), 0.3))
    modulated(norm).sum().backward()  # of a constant there is no gradient
    assert not fused._failed
    assert x.grad.abs().max() < 1e-5


def faulty(monkeypatch, kernel, fault):
    """A machine one of whose kernels is another function, which is given the right one first."""
    whole = fused._module()
    made = {name: getattr(whole, name) for name in ("modulated", "modulated_back")}
    made[kernel] = functools.partial(fault, made[kernel])
    made = {name: staticmethod(one) for name, one in made.items()}
    monkeypatch.setattr(fused, "_module", lambda: type("Faulty", (), made))


def test_a_sum_near_zero_has_the_gradient_of_the_side_that_it_fell_on(kernels, monkeypatch):
    def rounded_otherwise(right, norm):
        out = right(norm)
        return torch.where(out.abs() < 1e-5, -out, out)

    faulty(monkeypatch, "modulated", rounded_otherwise)
    given = drawn(4, 0, size=(16, 12))
    of_x = image_statistics(given["x"])
    normal, gamma = F.instance_norm(given["x"]), given["maps"][:, :4]
    given["bias"].zero_()
    near = 1e-6 * normals(*normal.shape, seed=6) - normal * (1 + gamma)
    given["maps"][:, 4:, :8] = near[:, :, :8]
    given = {name: one.requires_grad_() for name, one in given.items()}
    out = modulated(ModulatedNorm(mean=of_x[0], variance=of_x[1], epsilon=1e-5, slope=0.2, **given))
    out.sum().backward()
    assert not fused._failed
    side = torch.where(out > 0, 1.0, 0.2)
    torch.testing.assert_close(given["maps"].grad[:, 4:], side, atol=0, rtol=0)


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("loss", [0.0, float("inf")])
@pytest.mark.parametrize("share", [1, 2])
def test_a_gradient_is_checked_whatever_the_first_loss_is(kernels, monkeypatch, loss, share):
    def scaled(right, *given):
        x, *others = right(*given)
        return share * x, *others

    faulty(monkeypatch, "modulated_back", scaled)
    given = {name: one.requires_grad_() for name, one in drawn(4, 4).items()}
    of_x = image_statistics(given["x"].detach())
    norm = ModulatedNorm(mean=of_x[0], variance=of_x[1], epsilon=1e-5, slope=0.2, **given)
    with pytest.warns(match="Triton") if share > 1 else contextlib.nullcontext():
        (loss * modulated(norm)).sum().backward()
    assert len(fused._failed) == share - 1


def test_a_gradient_of_a_gradient_raises(kernels):
    given = {name: one.requires_grad_() for name, one in drawn(4, 0).items()}
    of_x = image_statistics(given["x"].detach())
    out = modulated(ModulatedNorm(mean=of_x[0], variance=of_x[1], epsilon=1e-5, **given))
    once = torch.autograd.grad(out.square().sum(), given["x"], create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        once[0].sum().backward()


@pytest.mark.parametrize("fault", ["fails", "is off"])
def test_a_gradient_whose_kernel_fails_or_is_off_is_taken_as_written(kernels, monkeypatch, fault):
    def back(right, *given):
        if fault == "fails":
            raise RuntimeError("no compiler")
        found = right(*given)
        found[2][0] += 1  # a bias
        return found

    faulty(monkeypatch, "modulated_back", back)
    given = {name: one.requires_grad_() for name, one in drawn(4, 4).items()}
    of_x = image_statistics(given["x"].detach())
    norm = ModulatedNorm(mean=of_x[0], variance=of_x[1], epsilon=1e-5, slope=0.2, **given)
    with pytest.warns(match="a kernel in Triton cannot be used here"):
        found = gradients(modulated(norm), given)
    expected = gradients(formula(**given, instance=True), given)
    for name in given:
        torch.testing.assert_close(found[name], expected[name], atol=1e-5, rtol=1e-5, msg=name)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize(("dtype", "close"), [(torch.float32, 1e-5), (torch.bfloat16, 0.02)])
@pytest.mark.parametrize("instance", [True, False])
@pytest.mark.parametrize("heads", [0, 2, 4])
@pytest.mark.parametrize("channels", [14, 64, 130])
def test_gradients_on_a_gpu_are_those_of_the_equations(
    monkeypatch, channels, heads, instance, dtype, close
):
    monkeypatch.setattr(fused, "_checked", set())
    given = drawn(channels, heads, size=(32, 24), batch=8)
    given = {name: one.to("cuda", dtype).requires_grad_() for name, one in given.items()}
    of_x = statistics(given["x"].detach().float(), instance)
    norm = ModulatedNorm(mean=of_x[0], variance=of_x[1], epsilon=1e-5, slope=0.2, **given)
    out = modulated(norm)
    settled = out.detach().abs() > 1e-5  # nearer to zero, a sum may fall on either side
    found = gradients(out * settled, given)
    assert not fused._failed
    assert len(fused._checked) == 2
    exact = {name: one.detach().cpu().double().requires_grad_() for name, one in given.items()}
    expected = gradients(formula(**exact, instance=instance) * settled.cpu(), exact)
    for name, one in expected.items():
        near = close * float(one.abs().max())
        torch.testing.assert_close(found[name].cpu().double(), one, atol=near, rtol=0, msg=name)
