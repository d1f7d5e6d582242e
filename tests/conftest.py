"""Small weights files for the tests of editors and of the command line."""

from __future__ import annotations

import pytest


@pytest.fixture
def weights(tmp_path):
    """Makes a weights file of a system: weights("spade", ngf=2) -> path."""
    import torch

    from baselines.checkpoints import find_system, save_network

    def make(system, *, variant="labels", label_space=None, extras=None, **fields):
        torch.manual_seed(0)
        entry = find_system(system)
        config = entry.config(variant, **{"classes": 4, **fields})
        network = entry.build(config)
        for name, value in network.named_parameters():
            if name.endswith("noise_var"):
                value.data.fill_(0.2)
        path = tmp_path / f"{system}.safetensors"
        save_network(
            network,
            config,
            path,
            system=system,
            variant=variant,
            source="a test",
            licence="Apache-2.0",
            label_space=label_space,
            extras=extras,
        )
        return str(path)

    return make
