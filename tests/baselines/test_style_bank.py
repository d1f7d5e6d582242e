import torch

from baselines.layers.region_style import StyleEncoder
from baselines.style_bank import StyleBank


def test_the_same_generator_draws_the_same_vector():
    bank = StyleBank({2: torch.arange(20.0).view(10, 2)})
    one, other = (bank.draw(2, torch.Generator().manual_seed(5)) for _ in range(2))
    assert torch.equal(one, other)


def test_every_vector_of_a_class_is_drawn():
    bank = StyleBank({2: torch.arange(4.0).view(4, 1)})
    generator = torch.Generator().manual_seed(0)
    assert {bank.draw(2, generator).item() for _ in range(100)} == {0.0, 1.0, 2.0, 3.0}


def test_a_released_bank_knows_high_labels_modulo_120():
    bank = StyleBank({8: torch.ones(1, 2)})
    assert bank.draw(128, torch.Generator()).tolist() == [1.0, 1.0]
    assert bank.draw(9, torch.Generator()) is None


def test_a_bank_survives_a_weights_file():
    bank = StyleBank({1: torch.rand(3, 2), 4: torch.rand(1, 2)})
    again = StyleBank.of_rows(*bank.rows())
    assert again.codes.keys() == bank.codes.keys()
    assert all(torch.equal(again.codes[label], bank.codes[label]) for label in bank.codes)
    assert StyleBank.of_rows(None, None).codes == {}


def test_a_bank_holds_the_means_of_whole_regions_but_not_of_void():
    encoder = StyleEncoder((4,) * 6, (4,) * 4, 3).eval()
    picture = torch.rand(2, 3, 32, 32)
    labels = torch.zeros(2, 32, 32, dtype=torch.long)
    labels[:, 16:] = 5
    labels[1, :16] = -1
    bank = StyleBank.collect(encoder, [(picture, labels, labels)])
    assert {label: len(codes) for label, codes in bank.codes.items()} == {0: 1, 5: 2}
    features = encoder(torch.cat([picture, torch.ones(2, 1, 32, 32)], 1))
    expected = features[0, :, 16:].mean((1, 2))
    assert torch.allclose(bank.codes[5][0], expected, atol=1e-6)
