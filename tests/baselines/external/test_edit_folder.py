"""An edit's folder: its name changes with anything that a program sees of it."""

from dataclasses import replace

import numpy as np
import torch
from PIL import Image

from baselines.external.edit_folder import VOID, edit_name, write_edit
from tests.baselines.external.edits import batch


def test_the_name_is_the_edits_id_and_a_hash():
    edits = batch(2)
    names = {edit_name(edits, i, "command") for i in range(2)}
    assert {name.split("-")[0] for name in names} == {"e0", "e1"}
    assert edit_name(batch(2), 0, "command") in names


def test_whatever_a_program_sees_changes_the_name():
    edits = batch(1)
    labels = edits.labels.clone()
    labels[0, 3, 3] = 1
    others = [
        replace(edits, labels=labels),
        replace(edits, mask=1 - edits.mask),
        replace(edits, masked=edits.masked * 0.5),
        replace(edits, original=torch.zeros(1, 3, 6, 8)),
        replace(edits, regions=("grass",)),
        replace(edits, seeds=(("m", 9),)),
    ]
    names = [edit_name(one, 0, "command") for one in (edits, *others)]
    assert len({*names, edit_name(edits, 0, "another command")}) == len(names) + 1


def test_hidden_pixels_are_black_whatever_the_batch_holds_there(tmp_path):
    edits = batch(1)
    write_edit(tmp_path / "edit", replace(edits, masked=torch.ones(1, 3, 6, 8)), 0)
    masked = np.asarray(Image.open(tmp_path / "edit" / "masked.png"))
    hidden = edits.masked_region[0, 0].numpy()
    assert masked[hidden].max() == 0
    assert masked[~hidden].min() == 255
    assert np.asarray(Image.open(tmp_path / "edit" / "labels.png"))[0, 0] == VOID
    assert not (tmp_path / "edit" / "original.png").exists()
