"""Instance normalisation equals PyTorch's, and keeps the memory layout."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from baselines.layers.instance_norm import EPSILON, exact_instance_norm, instance_norm
from baselines.layers.label_map import label_maps_as


@pytest.mark.parametrize("count", [1, 3])
def test_it_gives_what_pytorch_gives_and_stays_channels_last(count):
    generator = torch.Generator().manual_seed(0)
    x = 5 + 3 * torch.randn(count, 6, 9, 7, generator=generator)
    x = x.contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        found = instance_norm(x)
    torch.testing.assert_close(found, F.instance_norm(x), atol=1e-5, rtol=1e-5)
    assert found.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 1e-5), (torch.float16, 5e-3)]
)
def test_an_accelerators_form_gives_the_same_in_any_precision(dtype, tolerance):
    generator = torch.Generator().manual_seed(0)
    x = (5 + 3 * torch.randn(3, 6, 9, 7, generator=generator, dtype=torch.float64)).to(dtype)
    x = x.contiguous(memory_format=torch.channels_last)
    with torch.no_grad(), label_maps_as("lookups"):
        found = instance_norm(x)
    assert found.dtype == dtype
    expected = F.instance_norm(x.double())
    torch.testing.assert_close(found.double(), expected, atol=tolerance, rtol=0)
    assert found.is_contiguous(memory_format=torch.channels_last)


def test_images_of_a_batch_do_not_look_at_each_other():
    x = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    x = x.contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        assert torch.equal(instance_norm(x)[1:], instance_norm(x[1:]))


def test_gradients_pass():
    x = torch.randn(2, 3, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    x = x.contiguous(memory_format=torch.channels_last).requires_grad_()
    assert torch.autograd.gradcheck(instance_norm, (x,))


@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
@pytest.mark.parametrize("norm", [instance_norm, exact_instance_norm])
@pytest.mark.parametrize("count", [1, 2])
def test_a_gradient_that_comes_channels_last_is_that_of_the_formula(count, norm, layout):
    generator = torch.Generator().manual_seed(4)
    x = torch.randn(count, 3, 7, 5, generator=generator, dtype=torch.float64)
    x = x.contiguous(memory_format=layout).requires_grad_()
    gradient = torch.randn(x.shape, generator=generator, dtype=torch.float64)
    gradient = gradient.contiguous(memory_format=torch.channels_last)
    if count == 1:  # as operators on maps of five axes leave it
        gradient = gradient.as_strided(gradient.shape, (3, *gradient.stride()[1:]))
    variance, mean = torch.var_mean(x, (2, 3), correction=0, keepdim=True)
    (expected,) = torch.autograd.grad((x - mean) / (variance + EPSILON).sqrt(), x, gradient)
    (found,) = torch.autograd.grad(norm(x), x, gradient)
    torch.testing.assert_close(found, expected, atol=1e-12, rtol=0)


def test_the_exact_form_keeps_its_digits_on_nearly_constant_maps():
    x = torch.full((1, 2, 64, 64), 0.85, dtype=torch.float64)
    x[:, :, 30:34, 10:50] += torch.randn(4, 40, generator=torch.Generator().manual_seed(3)) / 8
    single = x.float().contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        found = exact_instance_norm(single)
    expected = F.instance_norm(single.double())
    torch.testing.assert_close(found.double(), expected, atol=2e-5, rtol=1e-6)
    assert found.is_contiguous(memory_format=torch.channels_last)
