"""The classes of a task's target maps, against maps made here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.core.errors import BadInput
from bench.run.reader import Run, read_run
from reports.maps import VOID_COLOUR, draw_map, read_task_maps
from tests.reports.made_run import CLASSES, PALETTE, make_run

EDIT = "scene-0000.0"


@pytest.fixture
def small(tmp_path: Path) -> Run:
    """A run of one edit: the left half sky, a quarter hill, a quarter void; the mask on the hill."""
    run = read_run(make_run(tmp_path / "run", edits=1, methods=1, tasks=1, size=8))
    target, mask = np.zeros((8, 8), np.uint8), np.zeros((8, 8), np.uint8)
    target[:, :4] = 1
    target[:4, 4:] = 2
    mask[:4, 3:] = 255
    folder = run.edit_folder(run.header.tasks[0].name, EDIT)
    Image.fromarray(target).save(folder / "target.png")
    Image.fromarray(mask).save(folder / "mask.png")
    return run


def test_the_legend_has_the_classes_that_occur_by_their_share(small: Run):
    legend = read_task_maps(small, small.header.tasks[0], [EDIT]).legend
    assert [(entry.name, entry.share) for entry in legend] == [
        ("sky", pytest.approx(32 / 48)),
        ("hill", pytest.approx(16 / 48)),
    ]
    assert legend[0].colour == "#{:02x}{:02x}{:02x}".format(*PALETTE[0])


def test_the_classes_of_the_masked_region_come_most_pixels_first(small: Run):
    maps = read_task_maps(small, small.header.tasks[0], [EDIT])
    assert maps.inside == ((CLASSES.index("hill"), CLASSES.index("sky")),)
    assert maps.wide == ()


def test_an_edit_without_maps_has_no_classes(small: Run):
    maps = read_task_maps(small, small.header.tasks[0], [EDIT, "scene-0001.0"])
    assert maps.inside[1] == ()


def test_a_map_is_drawn_in_the_colours_of_its_space(small: Run):
    task = small.header.tasks[0]
    drawn = np.asarray(draw_map(small.edit_folder(task.name, EDIT) / "target.png", task.space))
    assert drawn[0, 0].tolist() == list(PALETTE[0])
    assert drawn[7, 7].tolist() == list(VOID_COLOUR)


def test_a_map_with_unknown_classes_is_refused_by_name(small: Run):
    task = small.header.tasks[0]
    file = small.edit_folder(task.name, EDIT) / "target.png"
    Image.fromarray(np.full((8, 8), 200, np.uint8)).save(file)
    with pytest.raises(BadInput, match=r"target\.png: not a label map of 6 classes"):
        read_task_maps(small, task, [EDIT])
