"""Results made elsewhere belong to edits: each is found under its own edit's name, or named."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from baselines.external.folder import Folder
from bench.batch import EditBatch
from bench.core.errors import BadInput, EditFailed
from bench.core.text import slug
from bench.edit import EditName
from bench.plugins.editors import TaskFacts
from bench.run.reader import read_run
from bench.run.suite_run import run_suite
from bench.scene import LabelSpace
from bench.suite.schema import parse_suite
from tests.bench.run.made_suite import SIZE, suite_text, write_data

SPACE = LabelSpace("one", ("thing",), ((0, 0, 0),))


def write(path: Path, grey: int, size: tuple[int, int] = (8, 6)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (grey, grey, grey)).save(path)
    return path


def batch(*edits: tuple[str, str, int], task: str = "rooms-freeform") -> EditBatch:
    """Edits given as (id, scene, sample), 6 pixels high and 8 wide."""
    count = len(edits)
    return EditBatch(
        masked=torch.zeros(count, 3, 6, 8),
        mask=torch.ones(count, 1, 6, 8),
        labels=torch.zeros(count, 6, 8, dtype=torch.long),
        instances=None,
        space=SPACE,
        operation="inpaint",
        regions=(None,) * count,
        ids=tuple(edit for edit, _, _ in edits),
        scenes=tuple(scene for _, scene, _ in edits),
        samples=tuple(sample for _, _, sample in edits),
        seeds=tuple(("m", i) for i in range(count)),
        task=task,
        dataset="rooms",
        protocol="freeform@1",
    )


def greys(editor: Folder, edits: EditBatch) -> list[int]:
    return [round((float(v) + 1) * 127.5) for v in editor.edit(edits)[:, 0, 0, 0]]


def facts(task: str, *others: TaskFacts, samples: int = 1, **names: object) -> TaskFacts:
    dataset, _, protocol = task.partition("-")
    found = TaskFacts(SPACE, (6, 8), False, task, dataset, f"{protocol}@1", ("a", "b"), samples)
    return replace(found, others=others, **names)


def test_a_plain_folder_holds_one_file_an_edit(tmp_path):
    write(tmp_path / "a.0.png", 10)
    write(tmp_path / "a.1.png", 20)
    editor = Folder(str(tmp_path))
    assert greys(editor, batch(("a.1", "a", 1), ("a.0", "a", 0))) == [20, 10]


def test_a_scenes_name_is_no_edits_name_where_the_scene_has_several(tmp_path):
    write(tmp_path / "a.png", 10)
    with pytest.raises(EditFailed, match=r"no image for edit 'a\.0' \(looked for a\.0\.png\)"):
        Folder(str(tmp_path)).edit(batch(("a.0", "a", 0)))


@pytest.mark.parametrize("sample", ["", ".0", ".1"])
def test_a_scene_whose_name_is_no_safe_file_name_is_found_and_asked_for_by_its_own_name(
    tmp_path, sample
):
    edits = batch((slug("my scene") + sample, "my scene", int(sample[1:] or 0)))
    with pytest.raises(EditFailed, match=rf"\(looked for my scene{re.escape(sample)}\.png\)"):
        Folder(str(tmp_path)).edit(edits)
    write(tmp_path / f"my scene{sample}.png", 30)
    assert greys(Folder(str(tmp_path)), edits) == [30]


@pytest.mark.parametrize(
    ("template", "file"),
    [
        ("{protocol}", "freeform@1/a.1.png"),
        ("{task}", "rooms-freeform/a.1.webp"),
        ("{dataset}/{protocol}/{edit}", "rooms/freeform@1/a.1.jpg"),
        ("{scene}/{sample}.png", "a/1.PNG"),
        ("{scene}/out.png", "a/out.png"),
        ("out/{scene}_{sample}", "out/a_1.bmp"),
    ],
)
def test_a_template_says_where_an_edits_file_lies(tmp_path, template, file):
    write(tmp_path / file, 40)
    assert abs(greys(Folder(str(tmp_path / template)), batch(("a.1", "a", 1)))[0] - 40) <= 2


def test_endings_in_any_case_and_names_in_either_unicode_form_are_found(tmp_path):
    composed, taken_apart = (unicodedata.normalize(form, "Zoë") for form in ("NFC", "NFD"))
    assert composed != taken_apart
    write(tmp_path / "NFD" / f"{taken_apart}.PNG", 50)
    write(tmp_path / "NFC" / taken_apart / f"{composed}.JPEG", 60)
    assert greys(Folder(str(tmp_path / "NFD")), batch((composed, composed, 0))) == [50]
    editor = Folder(str(tmp_path / "NFC" / "{scene}" / "{edit}"))
    assert greys(editor, batch((taken_apart, composed, 0))) == [60]


def test_results_that_come_later_are_seen(tmp_path):
    editor = Folder(str(tmp_path))
    with pytest.raises(EditFailed):
        editor.edit(batch(("a", "a", 0)))
    write(tmp_path / "a.png", 70)
    assert greys(editor, batch(("a", "a", 0))) == [70]


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("other.png", r"no image for edit 'a' \(looked for a\.png\)"),
        ("small", r"a\.png: 4x4 pixels where 8x6 are asked for; save it in the edit's size"),
        ("twice", r"a\.jpg: a\.png has the same stem; keep one of the two"),
        ("half", r"a\.png: cannot be decoded"),
        ("float", r"a\.tiff: holds 32-bit values whose range is not known"),
        (".a.png", r"no image for edit 'a'"),
    ],
)
def test_what_is_wrong_with_a_file_is_one_sentence(tmp_path, file, sentence):
    if file == "small":
        write(tmp_path / "a.png", 0, (4, 4))
    elif file == "twice":
        write(tmp_path / "a.png", 0)
        write(tmp_path / "a.jpg", 0)
    elif file == "half":
        whole = write(tmp_path / "a.png", 0, (200, 200)).read_bytes()
        (tmp_path / "a.png").write_bytes(whole[: len(whole) // 2])
    elif file == "float":
        Image.fromarray(np.zeros((6, 8), np.float32)).save(tmp_path / "a.tiff")
    else:
        write(tmp_path / file, 0)
    with pytest.raises(EditFailed, match=sentence) as caught:
        Folder(str(tmp_path)).edit(batch(("a", "a", 0)))
    assert len(str(caught.value).splitlines()) == 1


def test_no_name_leads_out_of_the_folder(tmp_path):
    write(tmp_path / "secret.png", 1)
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "linked.png").symlink_to(tmp_path / "secret.png")
    (inside / "there").symlink_to(tmp_path)
    with pytest.raises(EditFailed, match=r"scene '\.\./secret' leads out of the folder"):
        Folder(str(inside / "{scene}")).edit(batch(("s", "../secret", 0)))
    with pytest.raises(EditFailed, match="leads out"):
        Folder(str(inside / "{scene}")).edit(batch(("s", str(tmp_path / "secret"), 0)))
    with pytest.raises(EditFailed, match="no image for edit 'linked'"):
        Folder(str(inside)).edit(batch(("linked", "linked", 0)))
    with pytest.raises(EditFailed, match="no image"):
        Folder(str(inside / "{scene}")).edit(batch(("s", "there/secret", 0)))


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("none", r"path: .*none is not a folder"),
        ("{scne}", "unknown placeholder in path of editor 'folder': 'scne'; did you mean 'scene'"),
        ("{scene:03}.png", "unknown placeholder .* 'scene:03'; did you mean 'scene'"),
        ("none/{edit}", r"path: .*none is not a folder"),
    ],
)
def test_a_path_that_cannot_be_is_refused_at_once(tmp_path, path, sentence):
    with pytest.raises(BadInput, match=sentence):
        Folder(str(tmp_path / path))


def test_a_folder_with_braces_in_its_name_is_a_folder(tmp_path):
    write(tmp_path / "{mine}" / "a.png", 80)
    assert greys(Folder(str(tmp_path / "{mine}")), batch(("a", "a", 0))) == [80]


@pytest.mark.parametrize(
    ("template", "mine", "others", "write_instead"),
    [
        ("", facts("rooms-freeform"), [facts("rooms-extension")], "{protocol}"),
        ("", facts("rooms-freeform"), [facts("baths-freeform")], "{dataset}"),
        ("", facts("rooms-freeform"), [facts("left", dataset="rooms", protocol="freeform@1")],
         "{task}"),
        ("{protocol}", facts("rooms-freeform"), [facts("baths-freeform")], "{dataset}/{protocol}"),
        ("{scene}.png", facts("rooms-freeform"), [facts("rooms-extension")],
         "{protocol}/{scene}.png"),
        ("{scene}.png", facts("rooms-freeform", samples=2), [], "{edit}.png"),
        ("{dataset}/{sample}.png", facts("rooms-freeform"), [], "{dataset}/{edit}.png"),
    ],
)  # fmt: skip
def test_edits_that_would_share_a_file_are_refused_with_the_template_to_write(
    tmp_path, template, mine, others, write_instead
):
    editor = Folder(str(tmp_path / template))
    path = str(tmp_path / write_instead)
    with pytest.raises(BadInput) as caught:
        editor.check(replace(mine, others=tuple(others)))
    assert f"write `path: {path}`" in str(caught.value)
    if "{protocol}" in path or "{dataset}" in path or "{task}" in path:
        for one in (mine, *others):
            folder = Path(path.format(task=one.task, dataset=one.dataset, protocol=one.protocol,
                                      edit="", scene="", sample=""))  # fmt: skip
            (folder if not folder.suffix else folder.parent).mkdir(parents=True, exist_ok=True)
    Folder(path).check(replace(mine, others=tuple(others)))


def test_tasks_over_different_scenes_may_share_a_folder(tmp_path):
    Folder(str(tmp_path)).check(facts("rooms-freeform", facts("baths-freeform", scenes=("c",))))


def test_a_task_without_its_folder_is_refused_before_anything_runs(tmp_path):
    (tmp_path / "extension@1").mkdir()
    said = r"path: .*freeform@1 is not a folder; put this task's .* leave 'rooms' out"
    with pytest.raises(BadInput, match=said):
        Folder(str(tmp_path / "{protocol}")).check(facts("rooms-freeform"))


@pytest.mark.parametrize(
    ("template", "looked_for"),
    [("", "results: holds no image for edit 'a' (looked for a.png); there is c.png, for instance"),
     ("{scene}/made.png", "results/a: holds no image for edit 'a' (looked for made.png)")],
)  # fmt: skip
def test_a_task_without_any_result_is_refused_and_one_with_a_part_of_them_is_not(
    tmp_path, template, looked_for
):
    folder = tmp_path / "results"
    write(folder / "c.png", 0)
    names = ("rooms-freeform", "rooms", "freeform@1")
    task = facts("rooms-freeform", edits=tuple(EditName(*names, s, 0, s) for s in ("a", "b")))
    editor = Folder(str(folder / template))
    with pytest.raises(BadInput, match="path: no edit of this task has its result: ") as caught:
        editor.check(task)
    assert f"{looked_for}; write where the results lie" in str(caught.value)
    write(folder / (template or "b.png").format(scene="b"), 0)
    editor.check(task)


def test_a_run_scores_each_protocols_own_results_and_refuses_to_share_them(tmp_path):
    data = write_data(tmp_path / "rooms", 2)
    for name, grey in (("freeform@1", 0), ("extension@1", 255)):
        for scene in ("scene0", "scene1"):
            write(tmp_path / "ours" / name / f"{scene}.png", grey, (32, 32))
    changes = {"tasks": "[{dataset: rooms, protocol: [freeform@1, extension@1]}]"}

    def run(path: str):
        methods = f"[{{name: ours, editor: folder, options: {{path: '{tmp_path / path}'}}}}]"
        suite = parse_suite(suite_text(data, methods=methods, **changes), "made.yaml")
        return run_suite(suite, out=tmp_path / "run", device="cpu", workers=1)

    write(tmp_path / "ours" / "scene0.png", 0, (32, 32))
    with pytest.raises(
        BadInput, match=r"task 'rooms-freeform', method 'ours': path: .*write `path:"
    ):
        run("ours")
    assert run("ours/{protocol}").failed == 0
    for name, grey in (("rooms-freeform", 0), ("rooms-extension", 255)):
        folder = tmp_path / "run"
        mask = np.asarray(Image.open(folder / "edits" / name / "scene0" / "mask.png")) > 0
        result = Image.open(folder / "predictions" / name / "ours" / "scene0.png")
        assert set(np.unique(np.asarray(result)[mask])) == {grey}


def noticed(tmp_path: Path, write_results) -> list[tuple[str, str]]:
    """The notices about a run whose results `write_results(data, folder)` wrote."""
    data = write_data(tmp_path / "rooms", 4)
    (tmp_path / "ours").mkdir()
    write_results(data / "images", tmp_path / "ours")
    methods = f"[{{name: ours, editor: folder, options: {{path: '{tmp_path / 'ours'}'}}}}]"
    tasks = "[{dataset: rooms, protocol: freeform@1}]"
    suite = parse_suite(suite_text(data, methods=methods, tasks=tasks), "made.yaml")
    run_suite(suite, out=tmp_path / "run", device="cpu", workers=1)
    return [(n.kind, n.text) for n in read_run(tmp_path / "run").header.notices if n.name == "ours"]


def test_results_that_equal_the_ground_truth_are_noticed(tmp_path):
    def copied(images: Path, ours: Path) -> None:
        for path in sorted(images.iterdir()):
            image = np.array(Image.open(path))
            # Three honest results, darker than the truth, and one that is the truth itself.
            darker = image if path.stem == "scene2" else image // 2
            Image.fromarray(darker).save(ours / path.name)

    notices = noticed(tmp_path, copied)
    assert (
        "bad",
        "ours equals the ground truth in the masked region in 1 of 4 edits, so that its PSNR there "
        "is infinite: check that these are its own results",
    ) in notices


def test_results_of_other_edits_are_noticed_by_their_known_pixels(tmp_path):
    def swapped(images: Path, ours: Path) -> None:
        files = sorted(images.iterdir())
        for path, other in zip(files, [files[1], files[0], *files[2:]]):
            image = np.array(Image.open(other)).astype(int)
            image[10:20, 10:20] += 3
            Image.fromarray(image.clip(0, 255).astype(np.uint8)).save(ours / path.name, quality=90)

    (notice,) = [text for kind, text in noticed(tmp_path, swapped) if "known pixels" in text]
    assert notice == (
        "ours has other known pixels than the edit's image in 2 of 4 edits: check that its results "
        "belong to these edits"
    )


def test_honest_results_are_left_alone_also_as_jpeg(tmp_path):
    def honest(images: Path, ours: Path) -> None:
        for path in sorted(images.iterdir()):
            Image.open(path).save(ours / f"{path.stem}.jpg", quality=30)

    assert noticed(tmp_path, honest) == []


def test_an_image_that_changed_and_one_that_came_are_taken_up_again_and_no_other(tmp_path: Path):
    data = write_data(tmp_path / "rooms")
    results = tmp_path / "results"
    fields = {
        "metrics": "[l1]",
        "methods": f"[{{editor: folder, options: {{path: {results}}}}}]",
        "tasks": "[{dataset: rooms, protocol: freeform@1}]",
    }
    suite = parse_suite(suite_text(data, **fields), "made.yaml")

    def carried_out():
        return run_suite(suite, out=tmp_path / "run", device="cpu", workers=1, limit=3)

    results.mkdir()
    with pytest.raises(BadInput, match=r"no edit of this task has its result: .*scene0\.png"):
        carried_out()
    assert not (tmp_path / "run" / "run.json").exists()
    write(results / "scene0.png", 40, (SIZE, SIZE))
    assert carried_out().failed == 2
    write(results / "scene1.png", 40, (SIZE, SIZE))
    came = carried_out()
    assert (came.failed, came.carried_out) == (1, 1)
    assert carried_out().carried_out == 0
    write(results / "scene0.png", 200, (SIZE, SIZE))
    changed = carried_out()
    assert (changed.failed, changed.carried_out) == (1, 1)
