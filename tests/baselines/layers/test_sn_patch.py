"""The progressive editors' patch discriminator."""

import pytest
import torch

from baselines.layers.sn_patch import SNPatchDiscriminator, patch_widths


@pytest.mark.parametrize(
    ("size", "widths"),
    [(64, (64, 128, 256, 3)), (128, (64, 128, 256, 256, 3)), (256, (64, 128, 256, 256, 256, 3))],
)
def test_widths_are_the_published_ones(size, widths):
    assert patch_widths(size) == widths


def test_each_layer_halves_the_image():
    network = SNPatchDiscriminator(5, (4, 4, 3), spectral_norm=False)
    assert network(torch.zeros(2, 2, 32, 16), torch.zeros(2, 3, 32, 16)).shape == (2, 3, 4, 2)


def test_labels_and_image_both_count():
    torch.manual_seed(0)
    network = SNPatchDiscriminator(5, (4, 3), spectral_norm=False)
    labels, image = torch.zeros(1, 2, 8, 8), torch.zeros(1, 3, 8, 8)
    base = network(labels, image)
    assert not torch.equal(network(labels + 1, image), base)
    assert not torch.equal(network(labels, image + 1), base)
