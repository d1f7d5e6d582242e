"""Our Inception is pytorch-fid's, layer by layer folded, on weights that neither has seen."""

import numpy as np
import torch
from pytorch_fid.inception import InceptionV3

from bench.networks.inception_network import build_inception
from bench.networks.weights import find
from bench.run.cross_check import _their_inception


def test_the_pool_features_are_those_of_the_published_class(random_weights):
    found = find("inception-fid", [random_weights("inception-fid")])
    published = _their_inception(found, resize_input=False, normalize_input=False)
    assert isinstance(published, InceptionV3)
    images = torch.rand(2, 3, 299, 299, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.inference_mode():
        theirs = published(images)[0].flatten(1).numpy()
        ours = build_inception(found.load())(images).numpy()
    assert ours.shape == (2, 2048)
    assert np.abs(ours - theirs).max() <= 1e-5 * np.abs(theirs).max()
