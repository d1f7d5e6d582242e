import pytest
import torch
from torch.nn import functional as F

from baselines.layers.modulation import modulated_in_training


def maps(styled, layout=torch.contiguous_format, dtype=torch.float64):
    torch.manual_seed(0)
    shape = (2, 3, 4, 5)

    def drawn(times):
        one = torch.randn(shape[0], times * shape[1], *shape[2:], dtype=dtype)
        return one.contiguous(memory_format=layout).requires_grad_()

    return (drawn(1), drawn(4), drawn(2)) if styled else (drawn(1), drawn(2))


def as_written(normal, context, style=None):
    gamma, beta = context.chunk(2, dim=1)
    if style is not None:
        heads = context.chunk(4, dim=1)
        gamma, beta = style.chunk(2, dim=1)
        gamma = gamma * (1 + heads[0]) + heads[1]
        beta = beta * (1 + heads[2]) + heads[3]
    return F.leaky_relu(normal * (1 + gamma) + beta, 0.2)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("styled", [True, False])
def test_maps_and_their_gradients_are_those_of_the_equations(styled, layout):
    given = maps(styled, layout)
    found, expected = modulated_in_training(*given), as_written(*given)
    assert torch.allclose(found, expected, rtol=0, atol=1e-13)
    gradient = torch.randn_like(expected)
    pairs = zip(
        torch.autograd.grad(found, given, gradient), torch.autograd.grad(expected, given, gradient)
    )
    for one, other in pairs:
        assert torch.allclose(one, other, rtol=0, atol=1e-13)
        assert one.is_contiguous(memory_format=layout)


@pytest.mark.parametrize("styled", [True, False])
def test_gradients_are_what_finite_differences_say(styled):
    assert torch.autograd.gradcheck(modulated_in_training, maps(styled))


def test_without_an_activation_negative_results_stay_what_they_are():
    normal, context = maps(False)
    gamma, beta = context.chunk(2, dim=1)
    expected = normal * (1 + gamma) + beta
    found = modulated_in_training(normal, context, slope=1)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-13)
    gradient = torch.randn_like(expected)
    pairs = zip(
        *(torch.autograd.grad(one, (normal, context), gradient) for one in (found, expected))
    )
    for one, other in pairs:
        torch.testing.assert_close(one, other, rtol=0, atol=1e-13)


def test_maps_of_mixed_precision_get_gradients_of_their_own_kind():
    normal, context, style = maps(True, dtype=torch.float32)
    halves = [one.detach().bfloat16().requires_grad_() for one in (context, style)]
    modulated_in_training(normal, *halves).square().sum().backward()
    assert [one.grad.dtype for one in (normal, *halves)] == [
        torch.float32,
        torch.bfloat16,
        torch.bfloat16,
    ]
