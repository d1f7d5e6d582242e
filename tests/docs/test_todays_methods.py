"""The recipes of the page on today's methods: every option is taken, and each is tried on a stand-in."""

import shlex
import sys

import pytest
import torch
import yaml

from bench.plugins.editors import create_editor
from bench.suite.check import suite_problems
from bench.suite.schema import parse_suite
from tests.baselines.external.test_command import FILLER
from tests.baselines.external.test_network_file import big_lama
from tests.baselines.pipelines.edits import batch
from tests.docs.pages import DOCS, blocks

PAGE = (DOCS / "how-to" / "todays-methods.md").read_text(encoding="utf-8")
SHOWN = [yaml.safe_load(block.text) for block in blocks(PAGE) if block.language == "yaml"]
METHODS = {one["name"]: one for part in SHOWN for one in part.get("methods", ())}
TASKS = [task for part in SHOWN for task in part.get("tasks", ())]


def test_every_method_and_task_that_is_shown_is_taken():
    suite = {
        "name": "shown",
        "datasets": {"rooms": {"dataset": "procedural-rooms"}},
        "tasks": TASKS,
        "methods": list(METHODS.values()),
        "metrics": ["psnr"],
    }
    text = yaml.safe_dump(suite)
    assert suite_problems(parse_suite(text, "shown.yaml"), text, "shown.yaml") == []
    assert set(METHODS) == {"sd", "sd-labels", "lama", "mat", "repaint"}


def test_lamas_recipe_edits(tmp_path, monkeypatch):
    big_lama(tmp_path)
    monkeypatch.setenv("SIEBENCH_WEIGHTS", str(tmp_path))
    editor = create_editor("network-file", METHODS["lama"]["options"], trust=True)
    edits = batch(size=(20, 36))
    made = editor.edit(edits)
    known = (edits.mask == 0).expand_as(made)
    torch.testing.assert_close(made[known], edits.masked[known], atol=1e-6, rtol=0)


def test_mats_recipe_edits_by_a_program_of_the_same_command_line(tmp_path):
    # It paints one colour where the mask is black, and blackens what is known.
    program = tmp_path / "generate_image.py"
    program.write_text(
        FILLER.replace("(16, 12)", "(512, 512)").replace(
            'parser.add_argument("--dpath")',
            'parser.add_argument("--network")\nparser.add_argument("--dpath")',
        )
    )
    options = METHODS["mat"]["options"]
    words = shlex.split(options["command"])
    words = [sys.executable, str(program), *words[words.index("MAT/generate_image.py") + 1 :]]
    given = {**options, "command": words, "folder": str(tmp_path / "work")}
    made = create_editor("command", given, trust=True).edit(batch(1))
    assert made[0, :, 16, 16].tolist() == pytest.approx(
        [200 / 127.5 - 1, 100 / 127.5 - 1, 50 / 127.5 - 1]
    )
    assert made[0, :, 0, 0].tolist() == [-1, -1, -1]


@pytest.mark.integration
def test_repaints_recipe_edits_with_a_small_ddpm(tmp_path):
    pytest.importorskip("diffusers", reason="diffusers is not installed")
    from tests.baselines.pipelines.made import save

    source = str(save("ddpm", tmp_path / "ddpm"))
    options = {**METHODS["repaint"]["options"], "source": source, "steps": 20}
    assert create_editor("diffusers", options).edit(batch(1)).shape == (1, 3, 32, 32)
