"""Style codes on disk are read as plain numbers or refused in a sentence."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from baselines.checkpoints.extras import read_mean_codes, read_style_bank
from bench.core.errors import BadInput


def test_a_style_bank_becomes_rows_and_their_classes(tmp_path):
    bank = {21: [torch.ones(4), torch.zeros(1, 4)], 2: [torch.full((4,), 3.0)]}
    torch.save(bank, tmp_path / "style_codes.pt")
    found = read_style_bank(tmp_path / "style_codes.pt", 4)
    assert found["style_bank"][:, 0].tolist() == [1, 0, 3]
    assert found["style_bank_classes"].tolist() == [21, 21, 2]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1, 2], "expected a mapping of classes"),
        ({}, "expected a mapping of classes"),
        ({3: [torch.ones(5)]}, "class 3: expected codes of length 4"),
        ({"sky": [torch.ones(4)]}, "entry 'sky': expected a class number"),
        ({3: 1.5}, "entry 3: expected a class number and a list"),
        ({3: []}, "no style code in any of 1 classes"),
    ],
)
def test_anything_else_is_named(tmp_path, content, message):
    torch.save(content, tmp_path / "style_codes.pt")
    with pytest.raises(BadInput, match=message):
        read_style_bank(tmp_path / "style_codes.pt", 4)


def test_a_mean_code_of_another_length_is_named(tmp_path):
    (tmp_path / "1").mkdir()
    np.save(tmp_path / "1" / "ACE.npy", np.zeros(5, np.float32))
    with pytest.raises(BadInput, match=r"ACE\.npy: shape \[5\], expected \[4\]"):
        read_mean_codes(tmp_path, 3, 4)


def test_a_folder_without_codes_is_named(tmp_path):
    with pytest.raises(BadInput, match="no mean code"):
        read_mean_codes(tmp_path, 3, 4)
