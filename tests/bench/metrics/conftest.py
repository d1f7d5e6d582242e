"""Random networks as files, and small reference sides."""

import math

import numpy as np
import pytest
import torch

from bench.metrics import References
from bench.networks.weights import find, network
from bench.scene import LabelSpace


def random_tensors(name, seed=0):
    """Random weights with the names and shapes of a network of the catalogue."""
    draw = torch.Generator().manual_seed(seed)
    tensors = {}
    for tensor, shape in network(name).tensors().items():
        if tensor.endswith("running_var"):
            tensors[tensor] = torch.rand(shape, generator=draw) + 0.5
        elif len(shape) == 1:
            offset = 1.0 if tensor.endswith("bn.weight") else 0.0
            tensors[tensor] = offset + 0.1 * torch.randn(shape, generator=draw)
        else:
            spread = (2 / math.prod(shape[1:])) ** 0.5
            tensors[tensor] = spread * torch.randn(shape, generator=draw)
    return tensors


@pytest.fixture(autouse=True)
def _no_cache_of_this_user(monkeypatch):
    monkeypatch.setenv("SIEBENCH_CACHE", "")


@pytest.fixture(scope="session")
def random_weights(tmp_path_factory):
    """Gives a folder that holds a random network of a name."""

    def folder(name):
        path = tmp_path_factory.getbasetemp() / f"weights-{name}"
        if not path.is_dir():
            path.mkdir()
            torch.save(random_tensors(name), path / "network.pth")
        assert find(name, [path]) is not None
        return path

    return folder


@pytest.fixture
def make_references():
    """Gives the reference side of images uint8 [B,H,W,3], by default of one scene each."""

    def make(images, mask=None, labels=None, space=None, scenes=None):
        count, shape = len(images), images.shape[:3]
        return References(
            images=images,
            mask=np.ones(shape, bool) if mask is None else mask,
            labels=np.zeros(shape, np.int32) if labels is None else labels,
            space=space or LabelSpace("one", ("thing",), ((0, 0, 0),)),
            scenes=tuple(scenes or (f"scene-{i}" for i in range(count))),
            edits=tuple(f"edit-{i}" for i in range(count)),
        )

    return make
