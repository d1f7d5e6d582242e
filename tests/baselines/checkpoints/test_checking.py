"""What differs between a state dict and its network, in words."""

import torch

from baselines.checkpoints.checking import differences, shapes_of


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
