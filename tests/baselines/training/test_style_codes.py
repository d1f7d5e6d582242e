"""What a trained network keeps of its training scenes' styles."""

import numpy as np
import pytest
import torch

from baselines.divsem import DivSem, DivSemConfig
from baselines.training import style_codes
from baselines.training.data import Example
from baselines.training.style_codes import style_bank
from bench.scene import LabelSpace


class Images:
    """Examples of two images: floor over wall, and floor over what is void."""

    space = LabelSpace("made", ("wall", "floor"), ((0, 0, 0), (255, 0, 0)))

    def __init__(self):
        draw = np.random.default_rng(0)
        self.images = draw.integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)

    def __len__(self):
        return len(self.images)

    def example(self, number):
        labels = np.ones((32, 32), np.int32)
        labels[16:] = -number  # wall in the first, void in the second
        mask = np.zeros((32, 32), bool)
        return Example(str(number), ("made", number), self.images[number], mask, labels, None)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return DivSem(DivSemConfig(classes=2, ngf=4, style=4)).eval()


def bank_of(network, examples, **limit):
    found = style_bank(network, examples, torch.device("cpu"), **limit)
    return found["style_bank"], found["style_bank_classes"].tolist()


def test_the_bank_holds_the_means_of_whole_regions_but_not_of_void(network):
    examples = Images()
    vectors, classes = bank_of(network, examples)
    assert classes == [0, 1, 1]
    bgr = torch.from_numpy(examples.images[..., ::-1].copy()).permute(0, 3, 1, 2) / 127.5 - 1
    with torch.inference_mode():
        features = network.zencoder(torch.cat([bgr, torch.ones(2, 1, 32, 32)], 1))
    expected = [features[0, :, 16:], features[0, :, :16], features[1, :, :16]]
    for vector, region in zip(vectors, expected):
        assert torch.allclose(vector, region.mean((1, 2)), atol=1e-6)


def test_only_as_many_scenes_are_looked_at_as_asked_for(network):
    assert bank_of(network, Images(), scenes=1)[1] == [0, 1]


def test_a_class_keeps_only_its_first_vectors(network, monkeypatch):
    every, classes = bank_of(network, Images())
    monkeypatch.setattr(style_codes, "EACH", 1)
    few, kept = bank_of(network, Images())
    assert (classes, kept) == ([0, 1, 1], [0, 1])
    assert torch.equal(few, every[:2])
