"""The Swapping Autoencoder's training: pairs exchange codes, patches are judged beside references."""

import torch

from baselines.sae.config import SAEConfig
from baselines.training.swapping import Cooccurrence, swap
from tests.baselines.training.tiny import SAE


def test_neighbours_exchange_their_codes_and_twice_is_nothing():
    codes = torch.arange(4.0).view(4, 1)
    assert swap(codes).flatten().tolist() == [1, 0, 3, 2]
    assert torch.equal(swap(swap(codes)), codes)


def test_sets_of_patches_get_the_scores_of_each_patch_beside_the_references():
    torch.manual_seed(0)
    judge = Cooccurrence(SAEConfig(**SAE)).eval()
    patches, references = torch.rand(2, 3, 3, 16, 16), torch.rand(2, 4, 3, 16, 16)
    with torch.no_grad():
        together = judge(patches, references).view(2, 3)
        for i in range(2):
            each = judge.patch(patches[i], references[i].expand(3, -1, -1, -1, -1))
            torch.testing.assert_close(together[i], each[:, 0], atol=1e-5, rtol=1e-5)
