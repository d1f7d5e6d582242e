"""Paths in a suite count from the suite's file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

import masks
from bench.core.errors import BadInput, Unavailable
from bench.plugins.kinds import NETWORKS
from bench.run.plan import pairing_problems, plan_run
from bench.run.suite_run import run_suite
from bench.suite import places
from bench.suite.check import suite_problems
from bench.suite.places import beside, network_beside, segmenter_beside
from bench.suite.resolved import resolved
from bench.suite.schema import load_suite, read_suite


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A working folder with a suite in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(places, "_NOTED", set())
    (tmp_path / "suites" / "there").mkdir(parents=True)
    (tmp_path / "here").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("there", "suites/there"),
        ("./there/", "suites/there"),
        ("nowhere", "suites/nowhere"),
        ("there/{protocol}/{edit}.png", "suites/there/{protocol}/{edit}.png"),
        ("../here", "here"),
        ("../../outside", "OUTSIDE"),
        ("/absolute", "/absolute"),
        ("", ""),
    ],
)
def test_a_relative_path_counts_from_the_folder_of_the_suite(project, written, meant) -> None:
    meant = str(project.parent / "outside") if meant == "OUTSIDE" else meant
    assert beside(written, Path("suites")) == meant
    assert beside(written, project / "suites") == meant


def test_a_suite_without_a_file_counts_from_the_working_folder(project) -> None:
    assert beside("there", None) == "there"
    assert beside("~/there", None) == str(Path.home() / "there")
    assert beside("here", project) == "here"


def test_what_is_only_in_the_working_folder_is_found_with_one_notice(project, capsys) -> None:
    assert beside("here", Path("suites")) == beside("here", Path("suites")) == "here"
    assert beside("here/{edit}", Path("suites")) == "here/{edit}"
    said = capsys.readouterr().err
    assert said.count("note: here was found in the working folder") == 1


def test_what_is_beside_the_suite_goes_first(project, capsys) -> None:
    (project / "there").mkdir()
    assert beside("there", Path("suites")) == "suites/there"
    assert capsys.readouterr().err == ""


def test_a_name_that_is_no_file_there_stays_a_name(project) -> None:
    assert beside("spade.safetensors", Path("suites"), by_name=True) == "spade.safetensors"


@pytest.mark.parametrize("written", ["~no-such-user/x", "a\0b", "x" * 5000])
def test_what_can_be_no_path_stays_as_it_is(project, written) -> None:
    assert beside(written, Path("suites"), by_name=True) == written


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("onnx:a.onnx", "onnx:suites/a.onnx"),
        ("a.onnx", "suites/a.onnx"),
        ("hf:there", "hf:suites/there"),
        ("mmseg:a.onnx,there", "mmseg:suites/a.onnx,suites/there"),
        ("cityscapes", "cityscapes"),
        ("onnx:there/seg", "onnx:suites/there/seg.onnx"),
        ("there/seg", "suites/there/seg.onnx"),
        ("nets/among_weights", "nets/among_weights.onnx"),
        ("module:Segmenter:there", "module:Segmenter:suites/there"),
        ("procedural:procedural-rooms", "procedural:procedural-rooms"),
    ],
)
def test_the_files_of_a_segmenter_count_from_the_suite(project, written, meant) -> None:
    (project / "suites" / "a.onnx").touch()
    (project / "suites" / "there" / "seg.onnx").touch()
    assert segmenter_beside(written, Path("suites")) == meant


@pytest.mark.parametrize("name", ["procedural:there", "there", "onnx:there", "module:there"])
def test_a_folder_beside_the_suite_is_no_segmenter_of_its_name(project, name) -> None:
    assert segmenter_beside(name, Path("suites")) == name


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("clip:there", "clip:suites/there"),
        ("clip:openai/clip-vit-base-patch32", "clip:openai/clip-vit-base-patch32"),
        ("module:Network:there", "module:Network:suites/there"),
        ("there", "there"),
        ("rgb:there", "rgb:there"),
    ],
)
def test_the_folder_of_a_feature_network_counts_from_the_suite(project, written, meant) -> None:
    assert network_beside(written, Path("suites")) == meant


def image(path: Path, value: int, *, grey: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (16, 16) if grey else (16, 16, 3)
    Image.fromarray(np.full(shape, value, np.uint8)).save(path)


def everything(folder: Path) -> Path:
    """A suite whose data, masks, pack and results lie beside it."""
    for scene in ("a", "b"):
        image(folder / "data" / "images" / f"{scene}.png", 90)
        image(folder / "data" / "labels" / f"{scene}.png", 0, grey=True)
        image(folder / "holes" / f"{scene}.png", 255, grey=True)
        image(folder / "results" / f"{scene}.png", 80)
    sites = [
        (masks.Site("folder", one, np.zeros((16, 16), np.int32), None, ("0",)), 0) for one in "ab"
    ]
    masks.write_pack(folder / "pack", masks.make_protocol("box"), sites, seed=0, fingerprint="")
    suite = {
        "name": "beside",
        "datasets": {"mine": {"dataset": "folder", "path": "data", "fit": "native"}},
        "tasks": [
            {
                "dataset": "mine",
                "name": "holes",
                "protocol": "predefined@1",
                "parameters": {"folder": "holes"},
            },
        ],
        "methods": ["copy", {"editor": "folder", "options": {"path": "results"}}],
        "metrics": ["l1"],
    }
    (folder / "mine.yaml").write_text(yaml.safe_dump(suite))
    return folder / "mine.yaml"


def test_a_suite_is_carried_out_from_any_folder_and_its_record_holds_no_folder(
    tmp_path, monkeypatch
) -> None:
    suite = everything(tmp_path / "project")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    read, text, source = read_suite(Path("../project/mine.yaml"))
    assert suite_problems(read, text, source) == pairing_problems(read) == []
    assert resolved(read)["tasks"][0]["parameters"]["folder"] == "holes"
    away = run_suite("../project/mine.yaml", out=tmp_path / "away")
    monkeypatch.chdir(suite.parent)
    at_home = run_suite("mine.yaml", out=tmp_path / "run")
    assert away.failed == at_home.failed == 0
    assert away.header.suite == at_home.header.suite
    assert [one.hash for one in away.header.methods] == [one.hash for one in at_home.header.methods]
    assert away.scores.equals(at_home.scores)


def test_a_pack_is_found_beside_its_suite(tmp_path, monkeypatch) -> None:
    suite = everything(tmp_path / "project")
    plain = yaml.safe_load(suite.read_text())
    plain["tasks"] = [{"dataset": "mine", "pack": "pack"}]
    suite.write_text(yaml.safe_dump(plain))
    monkeypatch.chdir(tmp_path)
    (task,) = plan_run(load_suite("project/mine.yaml")).tasks
    assert task.protocol.drawn_by == "box@1"


class Brightness:
    """A feature network that is read from a folder."""

    name = "brightness"

    def __init__(self, device, folders, source="") -> None:
        if not (Path(source) / "weights").is_file():
            raise Unavailable(f"{source}: holds no weights")

    def features(self, images):
        return images.mean(axis=(1, 2)).astype(np.float32)

    def identity(self):
        return {"network": "brightness"}


def test_the_network_of_a_metric_is_found_beside_its_suite(tmp_path, monkeypatch) -> None:
    suite = everything(tmp_path / "project")
    (tmp_path / "project" / "nets").mkdir()
    (tmp_path / "project" / "nets" / "weights").touch()
    plain = yaml.safe_load(suite.read_text())
    plain["metrics"] = [{"name": "fd", "options": {"network": "brightness:nets"}}]
    suite.write_text(yaml.safe_dump(plain))
    monkeypatch.chdir(tmp_path)
    with NETWORKS.offering({"brightness": Brightness}):
        away = run_suite("project/mine.yaml", out=tmp_path / "away")
    assert away.missing == ()
    assert away.header.suite["metrics"][0]["options"] == {"network": "brightness:nets"}


def test_a_missing_folder_is_named_where_it_was_looked_for(tmp_path, monkeypatch) -> None:
    suite = everything(tmp_path / "project")
    suite.write_text(suite.read_text().replace("path: data", "path: no/data"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match=r"mine\.path: project/no/data is not a folder"):
        plan_run(load_suite("project/mine.yaml"))
