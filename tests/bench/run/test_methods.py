"""Methods are made with their identity, and asked whether they can carry out their tasks at all."""

from __future__ import annotations

import shutil
import sys
from importlib.resources import files
from pathlib import Path

import pytest
import torch

from bench.core.device_faults import DeviceFailed
from bench.core.errors import BadInput
from bench.plugins.kinds import EDITORS
from bench.run.methods import check_tasks, make_methods
from bench.run.plan import plan_run
from bench.suite.schema import MethodEntry, Suite, parse_suite
from tests.bench.run.made_suite import suite_text, write_data

ZOO = Path(str(files("baselines") / "zoo"))


def made(suite: Suite, **more):
    return make_methods(suite.methods, **{"device": "cpu", "batch_size": suite.batch_size, **more})


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_data(tmp_path / "rooms")


def test_what_a_method_is_follows_from_its_editor_options_and_batch(data: Path) -> None:
    suite = parse_suite(suite_text(data, methods="[copy, mean-colour]"), "s")
    copy, mean = made(suite)
    assert (copy.name, copy.slug, copy.title) == ("copy", "copy", "copy")
    assert copy.needs == {"original"}
    assert copy.hash != mean.hash
    assert copy.hash == made(suite)[0].hash != made(suite, batch_size=3)[0].hash


def test_a_method_that_has_its_editors_name_has_its_title_too(data: Path) -> None:
    thick = "{name: thick, editor: diffusion}"
    fill, own = made(parse_suite(suite_text(data, methods=f"[diffusion, {thick}]"), "s"))
    assert (fill.name, fill.record["editor"], fill.title) == (
        "diffusion",
        "diffusion",
        "harmonic fill",
    )
    assert own.title == "thick"
    titled = "{name: diffusion, editor: diffusion, title: Laplace}"
    (named,) = made(parse_suite(suite_text(data, methods=f"[{titled}]"), "s"))
    assert named.title == "Laplace"
    assert named.hash == fill.hash == own.hash


def test_a_method_may_be_for_some_datasets_only(data: Path) -> None:
    suite = parse_suite(suite_text(data, methods="[copy]"), "s")
    task = plan_run(suite).tasks[0]
    entry = MethodEntry(name="copy", editor="copy", datasets=("elsewhere",))
    (method,) = make_methods([entry], device="cpu", batch_size=1)
    assert not method.edits(task)
    assert made(suite)[0].edits(task)


def with_weights(written: Path | str):
    entry = MethodEntry(name="ours", editor="spmpgan", options={"weights": str(written)})
    (method,) = make_methods([entry], device="cpu", batch_size=1)
    return method


def test_a_method_is_known_by_what_its_weights_hold_not_by_the_folder_they_lie_in(
    tmp_path: Path,
) -> None:
    folders = tmp_path / "here", tmp_path / "moved"
    for folder in folders:
        folder.mkdir()
        shutil.copy(ZOO / "spmpgan-s-procedural.safetensors", folder / "net.safetensors")
    here, moved = (with_weights(folder / "net.safetensors") for folder in folders)
    assert here.hash == moved.hash
    shutil.copy(ZOO / "spmpgan-w-norm-procedural.safetensors", folders[1] / "net.safetensors")
    assert with_weights(folders[1] / "net.safetensors").hash != here.hash


def test_weights_that_are_named_stay_in_the_record_as_they_are_written() -> None:
    name = "spmpgan-s-procedural"
    assert with_weights(name).record["options"] == {"weights": name}


def test_a_path_stays_in_the_record_where_nothing_else_says_what_lies_there(
    tmp_path: Path,
) -> None:
    def method(editor: str, **options):
        entry = MethodEntry(name="ours", editor=editor, options=options)
        return make_methods([entry], device="cpu", batch_size=1, trust=True)[0].record["options"]

    assert method("folder", path=str(tmp_path)) == {"path": str(tmp_path)}
    command = f"{sys.executable} edit.py {{edits}} {{images}}"
    found = method("command", command=command, folder=str(tmp_path / "made"))
    assert found == {"command": command}
    lost = str(tmp_path / "gone.safetensors")
    assert method("spmpgan", weights=lost) == {"weights": lost}


class Large:
    """An editor whose network does not fit."""

    needs = frozenset()

    def to(self, device):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    def edit(self, batch):
        return batch.masked


def test_networks_that_a_device_cannot_hold_are_told_in_one_sentence(data: Path) -> None:
    suite = parse_suite(suite_text(data, methods="[large]"), "s")
    with EDITORS.offering({"large": Large()}), pytest.raises(DeviceFailed) as raised:
        made(suite)
    assert str(raised.value) == (
        "method 'large', its network: cpu has too little memory; close what else uses it, or leave "
        "methods out of the suite; what is finished is kept, and the same command goes on from there"
    )


class Styled:
    needs = frozenset({"references"})

    def edit(self, batch):
        return batch.masked


@pytest.mark.parametrize(
    ("references", "count", "sentence"),
    [
        (0, 5, "the task draws none; set `references: 1` in the task"),
        (1, 1, "the dataset has one scene, which cannot be its own reference"),
    ],
)
def test_a_method_that_takes_styles_needs_a_task_that_has_some(
    tmp_path: Path, references: int, count: int, sentence: str
) -> None:
    data = write_data(tmp_path / "rooms", count)
    text = suite_text(
        data,
        methods="[styled]",
        tasks=f"[{{name: edits, dataset: rooms, protocol: freeform@1, references: {references}}}]",
    )
    suite = parse_suite(text, "s")
    with EDITORS.offering({"styled": Styled()}):
        methods = made(suite)
    with pytest.raises(BadInput, match="task 'edits', method 'styled': references: ") as caught:
        check_tasks(plan_run(suite).tasks, methods)
    assert sentence in str(caught.value)
