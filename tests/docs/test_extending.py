"""The guide's plugin package, tried as a new user would."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest
import torch

from bench.batch import EditBatch
from bench.plugins.editors import create_editor
from bench.plugins.kinds import EDITORS
from bench.scene import LabelSpace

GUIDE = (Path(__file__).parents[2] / "docs" / "extending.md").read_text(encoding="utf-8")


def block(language):
    (found,) = re.findall(rf"```{language}\n(.*?)```", GUIDE, flags=re.DOTALL)
    return found


@pytest.fixture
def installed(install):
    """The package's module on the path and its entry point registered."""
    _, group = block("toml").split('[project.entry-points."siebench.editors"]')
    points = dict(re.findall(r'^([\w-]+) = "(.+)"$', group, flags=re.MULTILINE))
    install("my-package", {"editors": points}, {"my_editor": block("python")})
    yield points
    sys.modules.pop("my_editor", None)


def test_the_whole_package_is_under_sixty_lines():
    assert len((block("toml") + block("python")).splitlines()) < 60


def test_the_package_is_listed_and_makes_an_editor_that_paints(installed):
    assert importlib.util.find_spec("my_editor") is not None
    assert "Weighted average" in EDITORS.find("my-blur").summary
    editor = create_editor("my-blur", {"radius": 2})
    mask = torch.zeros(1, 1, 8, 8)
    mask[:, :, 3:5, 3:5] = 1
    edits = EditBatch(
        masked=torch.full((1, 3, 8, 8), 0.5) * (1 - mask),
        mask=mask,
        labels=torch.zeros(1, 8, 8, dtype=torch.long),
        instances=None,
        space=LabelSpace("one", ("sky",), ((0, 0, 0),)),
        operation="inpaint",
        regions=(None,),
        ids=("e",),
        scenes=("s",),
        samples=(0,),
        seeds=(("m", 0),),
    )
    assert torch.allclose(editor.edit(edits), torch.full((1, 3, 8, 8), 0.5), atol=1e-6)
