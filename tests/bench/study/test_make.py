"""The folder that is hosted: complete, and silent about what is whose."""

import io
import json
import struct
from collections import defaultdict
from importlib.resources import files

import numpy as np
import pytest
import yaml
from PIL import Image

from bench.core.errors import BadInput
from bench.core.images import read_image
from bench.run.reader import read_run
from bench.study.form import REAL, SPOILT
from bench.study.images import encoded, outline, spoilt
from bench.study.make import make_study
from bench.study.manifest import read_key, read_manifest
from bench.study.texts import languages, texts_of
from tests.bench.study.conftest import METHODS


def chunks(file):
    content, at, found = file.read_bytes(), 8, []
    while at < len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        found.append(content[at + 4 : at + 8])
        at += 12 + length
    return found


@pytest.mark.parametrize("shape", [(33, 47, 3), (5, 4, 3), (16, 16, 4)])
def test_encoded_images_have_equal_sizes_and_their_own_pixels(shape):
    random = np.random.default_rng(0)
    images = [np.zeros(shape, np.uint8), random.integers(0, 256, shape, np.uint8)]
    images.append(images[1] // 64)
    files = encoded(images)
    assert len({len(file) for file in files}) == 1
    for image, file in zip(images, files):
        np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(file))), image)


def test_spoiling_changes_the_region_alone_and_every_pixel_of_it():
    image = np.random.default_rng(1).integers(0, 256, (40, 40, 3), np.uint8)
    mask = np.zeros((40, 40), bool)
    mask[10:30, 10:30] = True
    made = spoilt(image, mask)
    np.testing.assert_array_equal(made[~mask], image[~mask])
    assert np.abs(made[mask].astype(int) - image[mask]).sum(axis=1).mean() > 100
    assert (spoilt(image, mask, 1) != made).any()


def test_the_outline_leaves_the_inside_as_it_is():
    mask = np.zeros((40, 40), bool)
    mask[10:30, 10:30] = True
    overlay = outline(mask)
    assert overlay[20, 20, 3] == 0
    assert overlay[10, 20].tolist() == [255, 255, 255, 255]
    assert overlay[0, 0].tolist() == [0, 0, 0, 90]


def test_the_folder_holds_the_page_the_manifest_and_every_image(study):
    there = {p.relative_to(study.folder).as_posix() for p in study.folder.rglob("*") if p.is_file()}
    images = {f"images/{name}.png" for name in study.manifest.images()}
    page = {"index.html", "study.css", "study.js", "screens.js", "session.js", "sending.js"}
    assert there == images | page | {"manifest.json"}


def test_nothing_that_is_hosted_names_a_method_an_edit_or_a_control(study, key, run):
    names = [
        *METHODS,
        *(one.title for one in key.methods),
        "scene-",
        "task-",
        REAL,
        SPOILT,
        "control",
    ]
    names += [str(run), key.secret, *(one.edit for one in key.items.values())]
    for file in study.folder.rglob("*"):
        assert not any(name in file.name for name in names)
        if file.suffix in (".json", ".html"):
            text = file.read_text(encoding="utf-8")
            assert [name for name in names if name in text] == []


def test_images_have_no_metadata(study):
    for file in (study.folder / "images").iterdir():
        kinds = chunks(file)
        assert set(kinds) == {b"IHDR", b"IDAT", b"IEND"}


def test_all_images_of_an_edit_are_files_of_one_size(study, key):
    sizes = defaultdict(set)
    for name, screen in study.manifest.screens.items():
        item = key.items[name]
        for image in (*screen.images, screen.region, screen.before):
            sizes[item.task, item.edit].add((study.folder / f"images/{image}.png").stat().st_size)
    assert all(len(found) == 1 for found in sizes.values())


def test_screens_show_what_the_key_says(study, key, run):
    opened = read_run(run)
    for name, screen in study.manifest.screens.items():
        item = key.items[name]
        for method, image in zip(item.methods, screen.images):
            if method not in (REAL, SPOILT):
                shown = read_image(study.folder / f"images/{image}.png")
                stored = read_image(opened.prediction(item.task, method, item.edit))
                np.testing.assert_array_equal(shown, stored)


def test_a_control_shows_the_ground_truth_beside_a_spoilt_image(study, key, run):
    opened = read_run(run)
    controls = [(n, item) for n, item in key.items.items() if item.right]
    assert controls
    for name, item in controls:
        screen = study.manifest.screens[name]
        at = item.methods.index(REAL)
        assert item.right == ("AB"[at],)
        good, bad = (
            read_image(study.folder / f"images/{screen.images[i]}.png") for i in (at, 1 - at)
        )
        assert (good != bad).any()
        if opened.task(item.task).operation == "inpaint":
            original = read_image(opened.edit_image(item.task, item.edit, "original"))
            np.testing.assert_array_equal(good, original)


def test_the_key_lies_outside_and_belongs_to_its_manifest(study, key, run, tmp_path):
    assert not study.key.is_relative_to(study.folder)
    assert key.hash == study.manifest.key
    assert read_manifest(study.folder) == study.manifest
    other = make_study(run, tmp_path / "other", methods=METHODS[:2], pairs=4, per_rater=4, raters=1)
    with pytest.raises(BadInput, match="key of another study"):
        read_key(other.key, study.manifest)


def test_one_seed_draws_one_study_under_other_names(run, tmp_path):
    made = [
        make_study(run, tmp_path / n, methods=METHODS[:2], pairs=6, per_rater=6, raters=2, seed=3)
        for n in ("one", "two")
    ]
    keys = [read_key(one.key, one.manifest) for one in made]
    drawn = [
        [[key.items[screen] for screen in sheet] for sheet in one.manifest.sheets]
        for one, key in zip(made, keys)
    ]
    assert drawn[0] == drawn[1]
    assert not made[0].manifest.images() & made[1].manifest.images()


def test_what_is_removed_is_asked_of_tasks_that_remove(run, tmp_path):
    made = make_study(
        run, tmp_path / "s", methods=METHODS[:2], question="removed", pairs=6, per_rater=6, raters=1
    )
    key = read_key(made.key, made.manifest)
    assert {item.task for item in key.items.values()} == {"scenes / removal"}
    assert made.manifest.texts["question"] == "Which image removes the object better?"


def test_a_timed_study_shows_nothing_that_gives_the_answer_away(run, tmp_path):
    made = make_study(
        run, tmp_path / "s", methods=METHODS[:1], question="real", form="timed", pairs=8, per_rater=8,
        raters=1, controls=2, seconds=0.5,
    )  # fmt: skip
    assert made.manifest.seconds == 0.5
    assert all(one.region is None and one.before is None for one in made.manifest.screens.values())
    key = read_key(made.key, made.manifest)
    rights = {item.methods: item.right for item in key.items.values() if item.right}
    assert rights == {(SPOILT,): ("edited", "1", "2")}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"methods": ["diffusion"]}, "2 to 8 different methods"),
        ({"methods": ["diffusion", "diffusion"]}, "2 to 8 different methods"),
        ({"methods": ["diffusion", "neerest"]}, "did you mean 'nearest'"),
        ({"form": "timed"}, "give --question real"),
        ({"form": "opinion", "ties": True}, "only pairs can be a tie"),
        ({"seconds": 2.0}, "only timed images"),
        ({"pairs": 0}, "expected 1 to"),
        ({"pairs": 5000}, "or fewer"),
        ({"post": "ftp://example.org"}, "expected an address"),
        ({"post": "https://a.org; script-src *"}, "expected an address"),
        ({"language": "fr"}, "known: de, en"),
        ({"tasks": ["nothing"]}, "unknown task"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is_written(run, tmp_path, changes, says):
    asked = {"methods": METHODS[:2], "pairs": 4, "per_rater": 4, "raters": 1, **changes}
    with pytest.raises(BadInput, match=says):
        make_study(run, tmp_path / "s", **asked)
    assert list(tmp_path.iterdir()) == []


def test_a_key_is_never_put_into_the_folder_nor_written_over(run, tmp_path):
    asked = {"methods": METHODS[:2], "pairs": 4, "per_rater": 4, "raters": 1}
    with pytest.raises(BadInput, match="must not be hosted"):
        make_study(run, tmp_path / "s", key=tmp_path / "s" / "key.json", **asked)
    make_study(run, tmp_path / "s", **asked)
    with pytest.raises(BadInput, match="not an empty folder"):
        make_study(run, tmp_path / "s", **asked)
    with pytest.raises(BadInput, match="is there already"):
        make_study(run, tmp_path / "t", key=tmp_path / "s.key.json", **asked)


def test_a_manifest_that_was_changed_is_refused(run, tmp_path):
    made = make_study(run, tmp_path / "s", methods=METHODS[:2], pairs=4, per_rater=4, raters=2)
    file = made.folder / "manifest.json"
    content = json.loads(file.read_text())
    content["sheets"][0].reverse()
    file.write_text(json.dumps(content))
    with pytest.raises(BadInput, match="was changed"):
        read_manifest(made.folder)


def test_every_language_has_every_text():
    assert languages() == ["de", "en"]
    assert texts_of("de", "pair", "style").keys() == texts_of("en", "pair", "style").keys()
    assert texts_of("de", "pick", "better")["question"] == "Welche Bearbeitung ist am besten?"


def test_texts_of_one_s_own_are_shown_as_text(run, tmp_path):
    shipped = files("bench.study") / "languages" / "en.yaml"
    texts = yaml.safe_load(shipped.read_text(encoding="utf-8"))
    hostile = "</title><script>alert(1)</script>"
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({**texts, "title": hostile}))
    made = make_study(
        run, tmp_path / "s", methods=METHODS[:2], pairs=4, per_rater=4, raters=1,
        language=str(tmp_path / "mine.yaml"),
    )  # fmt: skip
    assert hostile not in (made.folder / "index.html").read_text(encoding="utf-8")
    (tmp_path / "bad.yaml").write_text(yaml.safe_dump({**texts, "finish": 3}))
    with pytest.raises(BadInput, match="finish: expected a text"):
        texts_of(str(tmp_path / "bad.yaml"), "pair", "better")
    del texts["finish"]
    (tmp_path / "bad.yaml").write_text(yaml.safe_dump(texts))
    with pytest.raises(BadInput, match="lacks the texts finish"):
        texts_of(str(tmp_path / "bad.yaml"), "pair", "better")
