"""The tensors that a file is known by are those of torchvision's and pytorch-fid's own networks."""

import pytest
import torch
from torchvision import models

from bench.networks.weights import shapes


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (shapes.alexnet, models.alexnet),
        (shapes.squeezenet, models.squeezenet1_1),
        (shapes.vgg16, models.vgg16),
        (shapes.vgg19, models.vgg19),
    ],
)
def test_a_trunk_has_the_tensors_of_torchvisions_network(ours, theirs):
    with torch.device("meta"):
        state = theirs(weights=None).state_dict()
    published = {n: tuple(t.shape) for n, t in state.items() if n.startswith("features.")}
    assert ours() == published


def test_inception_has_94_convolutions_with_their_normalisation():
    found = shapes.inception()
    assert sum(name.endswith(".conv.weight") for name in found) == 94
    for name, shape in found.items():
        if name.endswith(".conv.weight"):
            layer = name.removesuffix(".conv.weight")
            assert found[f"{layer}.bn.running_var"] == shape[:1]
