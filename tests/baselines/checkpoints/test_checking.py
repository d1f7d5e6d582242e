"""What differs between a state dict and its network, in words."""

import torch

from baselines.checkpoints.checking import differences, not_finite, other_kinds, shapes_of


def test_names_and_shapes_of_a_network_and_of_its_state_are_the_same():
    layer = torch.nn.Linear(3, 2)
    assert shapes_of(layer) == {"weight": (2, 3), "bias": (2,)} == shapes_of(layer.state_dict())


def test_equal_shapes_do_not_differ():
    assert differences({"a": (1,)}, {"a": (1,)}) == []


def test_missing_surplus_and_reshaped_parameters_are_named():
    found = differences({"a": (1,), "b": (2,)}, {"b": (3,), "c": (4,)})
    assert found == [
        "1 missing: c",
        "1 not part of this network: a",
        "1 of another shape: b is [2], expected [3]",
    ]


def test_long_lists_are_cut_with_their_count():
    (line,) = differences({}, dict.fromkeys("abcde", (1,)))
    assert line == "5 missing: a, b, c and 2 more"


def test_what_old_pytorch_did_not_write_is_not_missed():
    expected = {"norm.num_batches_tracked": (), "conv.weight_v": (4,)}
    assert differences({}, expected) == []


def test_what_is_used_must_be_whole():
    expected = {"norm.num_batches_tracked": (), "conv.weight": (4,)}
    assert differences({"conv.weight": (4,)}, expected, whole=True) == [
        "1 missing: norm.num_batches_tracked"
    ]


def test_integers_and_complex_numbers_in_place_of_weights_are_named():
    state = {"weight": torch.ones(2, 3, dtype=torch.int64), "bias": torch.ones(2) * 1j}
    assert other_kinds(state, torch.nn.Linear(3, 2)) == [
        "2 of another type: weight is int64, expected float32, bias is complex64, expected float32"
    ]
    assert other_kinds(torch.nn.Linear(3, 2).half().state_dict(), torch.nn.Linear(3, 2)) == []


def test_numbers_that_are_not_finite_are_counted():
    nan, inf = float("nan"), float("inf")
    state = {"a": torch.tensor([nan, 1, -inf, inf]), "b": torch.tensor([1.0]), "n": torch.tensor(3)}
    assert not_finite(state) == ["1 not finite: a (1 NaN and 2 infinite of 4)"]
