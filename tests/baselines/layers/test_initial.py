import torch

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
