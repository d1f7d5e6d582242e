"""The discriminator that Pix2PixHD and HIM share."""

import torch
from torch import nn
from torch.nn import functional as F

from baselines.layers.scaled_discriminator import ScaledDiscriminator


def test_the_largest_number_sees_the_full_size_and_comes_first():
    network = ScaledDiscriminator(2, ndf=2, layers=1, scales=2).eval()
    x = torch.randn(1, 2, 16, 16)
    with torch.no_grad():
        full, half = network(x)
        for scale, features in ((1, full), (0, half)):
            shown = x if scale else F.avg_pool2d(x, 3, 2, 1, count_include_pad=False)
            first = network.get_submodule(f"scale{scale}_layer0")(shown)
            torch.testing.assert_close(features[0], first)
    assert [len(full), len(half)] == [3, 3]


def test_widths_double_up_to_five_hundred_and_twelve():
    with torch.device("meta"):
        network = ScaledDiscriminator(3, ndf=200, scales=1)
    convs = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    assert [conv.out_channels for conv in convs] == [200, 400, 512, 512, 1]
    assert [conv.stride[0] for conv in convs] == [2, 2, 2, 1, 1]
    assert all(conv.bias is not None for conv in convs)
