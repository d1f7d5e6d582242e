import math

import torch
from torch import nn

from baselines.layers.initial import draw_normal, draw_xavier
from baselines.spmpgan import SPMPGAN, SPMPGANConfig, spmpgan_discriminators


def test_networks_start_from_the_published_distribution():
    torch.manual_seed(0)
    config = SPMPGANConfig(classes=4, size=64, ngf=8)
    networks = [SPMPGAN(config, spectral_norm=True), *spmpgan_discriminators(config).values()]
    for network in networks:
        weights = [p.flatten() for n, p in network.named_parameters() if not n.endswith("bias")]
        biases = [p for n, p in network.named_parameters() if n.endswith("bias")]
        joined = torch.cat(weights)
        assert abs(joined.mean().item()) < 1e-3
        assert abs(joined.std().item() - 0.02) < 1e-3
        assert all(not bias.any() for bias in biases)


def test_xavier_has_a_deviation_of_its_fans():
    torch.manual_seed(0)
    layer = draw_xavier(nn.Conv2d(40, 60, 3))
    expected = 0.02 * math.sqrt(2 / (9 * 40 + 9 * 60))
    assert abs(layer.weight.std().item() / expected - 1) < 0.02
    assert not layer.bias.any()


def test_a_spectrally_normalised_layer_is_drawn_where_it_learns():
    torch.manual_seed(0)
    layer = draw_normal(nn.utils.spectral_norm(nn.Conv2d(20, 20, 5)))
    assert abs(layer.weight_orig.std().item() - 0.02) < 1e-3


def test_other_layers_stay_as_they_are():
    norm = draw_normal(nn.BatchNorm2d(3))
    assert norm.weight.tolist() == [1, 1, 1]
