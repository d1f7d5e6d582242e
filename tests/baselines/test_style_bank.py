import torch

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


def test_a_bank_comes_from_a_weights_file_by_class():
    vectors = torch.arange(8.0).view(4, 2)
    bank = StyleBank.of_rows(vectors, torch.tensor([4, 1, 4, 1]))
    assert {label: codes.tolist() for label, codes in bank.codes.items()} == {
        1: [[2.0, 3.0], [6.0, 7.0]],
        4: [[0.0, 1.0], [4.0, 5.0]],
    }
    assert StyleBank.of_rows(None, None).codes == {}
