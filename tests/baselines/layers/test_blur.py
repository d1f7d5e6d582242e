"""Blurring: fixed kernels of a given sum."""

import pytest
import torch
from scipy.ndimage import convolve

from baselines.layers.blur import Blur


@pytest.mark.parametrize(("taps", "gain"), [((1, 2, 1), 1.0), ((1, 3, 3, 1), 4.0), ((1,), 1.0)])
def test_the_kernel_sums_to_its_gain_and_a_constant_is_multiplied_by_it(taps, gain):
    blur = Blur(taps, (0, 0), gain=gain)
    assert blur.kernel.sum().item() == pytest.approx(gain)
    out = blur(torch.full((1, 2, 9, 9), 0.5))
    torch.testing.assert_close(out, torch.full_like(out, 0.5 * gain))
    assert out.shape[-1] == 9 - len(taps) + 1


def test_a_padded_blur_is_scipys():
    x = torch.rand(1, 1, 6, 7, generator=torch.Generator().manual_seed(0))
    blur = Blur((1, 2, 1), (1, 1), mode="reflect")
    expected = convolve(x[0, 0].numpy(), blur.kernel.numpy(), mode="mirror")
    torch.testing.assert_close(blur(x)[0, 0], torch.from_numpy(expected))
