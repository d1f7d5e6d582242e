"""The released checkpoint's layout is imported, or one sentence says what is missing."""

import argparse

import pytest
import torch

from baselines.checkpoints import load_network
from baselines.semanticstylegan import SegmentationDiscriminator, SemanticStyleGAN
from bench.core.errors import BadInput
from bench.core.identity import file_hash
from bench.plugins.kinds import SYSTEMS

SYSTEM = SYSTEMS.get("semanticstylegan")
FIELDS = {"seg_dim": 4, "transparent_dims": [3]}


@pytest.fixture
def networks():
    torch.manual_seed(0)
    config = SYSTEM.configure(None, **{**SYSTEM.small, **FIELDS})
    return SemanticStyleGAN(config), SemanticStyleGAN(config)


@pytest.fixture
def official(networks, tmp_path):
    now, average = networks
    judge = SegmentationDiscriminator(32, 4, channel_multiplier=1, width=4)
    optimiser = torch.optim.Adam(now.parameters())
    content = {
        "g": now.state_dict(),
        "d": judge.state_dict(),
        "g_ema": average.state_dict(),
        "g_optim": optimiser.state_dict(),
        "args": argparse.Namespace(size=32, seg_dim=4),
    }
    path = tmp_path / "CelebAMask-HQ-512x512.pt"
    torch.save(content, path)
    return path


def imported(file, out, **fields):
    return SYSTEM.import_weights(file, out, options={**SYSTEM.small, **FIELDS, **fields})


def test_the_moving_average_is_what_is_imported(networks, official, tmp_path):
    card = imported(official, tmp_path / "s.safetensors")
    assert card.source_sha256 == file_hash(official)
    assert "NC" in card.licence
    loaded = load_network("semanticstylegan", tmp_path / "s.safetensors")
    codes = torch.randn(1, 4)
    with torch.no_grad():
        expected = networks[1](codes).image
        torch.testing.assert_close(loaded.network(codes).image, expected, atol=1e-5, rtol=1e-5)


def test_noise_maps_and_kernels_are_part_of_the_weights(official, tmp_path):
    content = torch.load(official, weights_only=False)
    for name in ("render_net.noises.noise_3", "render_net.convs.0.blur.kernel"):
        del content["g_ema"][name]
    torch.save(content, official)
    with pytest.raises(BadInput, match=r"2 missing: render_net.convs.0.blur.kernel, render_net.no"):
        imported(official, tmp_path / "s.safetensors")


def test_another_size_is_named_by_its_parameters(official, tmp_path):
    with pytest.raises(BadInput, match=r"not the weights of semanticstylegan '512'; parameters"):
        imported(official, tmp_path / "s.safetensors", size=64)
    assert not (tmp_path / "s.safetensors").exists()
