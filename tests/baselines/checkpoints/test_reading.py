"""Files are read without running anything in them."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from baselines.checkpoints.reading import read_array, read_pickle, read_state
from bench.core.errors import BadInput


def test_a_state_dict_is_read_from_both_kinds_of_files(tmp_path):
    state = {"weight": torch.arange(3.0)}
    torch.save(state, tmp_path / "a.pth")
    save_file(state, tmp_path / "a.safetensors")
    for name in ("a.pth", "a.safetensors"):
        assert read_state(tmp_path / name, None)["weight"].tolist() == [0, 1, 2]


def test_a_missing_file_is_named(tmp_path):
    for read in (read_pickle, read_array, lambda path: read_state(path, None)):
        with pytest.raises(BadInput, match=r"absent: no such file"):
            read(tmp_path / "absent")


def test_a_truncated_safetensors_file_is_one_sentence(tmp_path):
    path = tmp_path / "a.safetensors"
    save_file({"weight": torch.arange(300.0)}, path)
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(BadInput, match="not a whole safetensors file"):
        read_state(path, None)


def test_a_file_that_holds_something_else_says_what(tmp_path):
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(BadInput, match="holds a list, expected a dictionary of tensors"):
        read_state(tmp_path / "list.pth", None)


def test_an_array_comes_back_as_it_was(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(4, dtype=np.float32))
    assert read_array(tmp_path / "a.npy").tolist() == [0, 1, 2, 3]
