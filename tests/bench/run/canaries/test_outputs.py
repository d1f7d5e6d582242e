"""Raw outputs in another range, of other channels or of one value are said, once for a method."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import torch
from PIL import Image

from bench.run.canaries.outputs import output_columns, output_notices
from bench.run.suite_run import run_suite
from bench.suite.schema import parse_suite
from tests.bench.run.editing.test_runner import edits
from tests.bench.run.made_suite import suite_text, write_data


class Painter:
    """Gives the image before the edit, changed by `how`."""

    needs = frozenset({"original"})

    def __init__(self, how) -> None:
        self.how = how

    def edit(self, batch):
        return self.how(batch.original)


HOW = {
    "levels": lambda image: (image + 1) * 127.5,
    "unit": lambda image: (image + 1) / 2,
    "bgr": lambda image: image.flip(1),
    "grey": torch.zeros_like,
    "wide": lambda image: image * 1.5,
    "right": lambda image: image,
    "dim": lambda image: image * 0.9,
}
SAID = {
    "levels": "gives grey levels of 0..255, where values of [-1,1] are asked for",
    "unit": "gives values of 0..1, where values of [-1,1] are asked for",
    "bgr": "gives the known pixels back as BGR",
    "grey": "gives one and the same value for the whole masked region in 10 of 10 edits",
    "wide": "gives values beyond [-1,1]",
}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    root: Path = tmp_path_factory.mktemp("outputs")
    text = suite_text(
        write_data(root / "rooms"),
        tasks="[{dataset: rooms, protocol: [freeform@1, extension@1]}]",
        methods=f"[{', '.join(HOW)}, mean-colour, diffusion]",
        metrics="[l1]",
    )
    given = {name: Painter(how) for name, how in HOW.items()}
    return run_suite(parse_suite(text, "s"), out=root / "run", device="cpu", editors=given)


@pytest.mark.parametrize("name", SAID)
def test_one_sentence_says_what_is_odd_about_a_method(outcome, name: str) -> None:
    said = [line for line in outcome.suspect if line.startswith(f"{name} gives")]
    said = [line for line in said if "canary" not in line]
    assert len(said) == 1
    assert said[0].startswith(f"{name} {SAID[name]}")
    assert said[0].endswith("(rooms-freeform, rooms-extension)")


@pytest.mark.parametrize("name", sorted({*HOW, "mean-colour", "diffusion"} - set(SAID)))
def test_nothing_is_said_of_a_method_whose_outputs_are_right(outcome, name: str) -> None:
    said = [notice.text for notice in outcome.header.notices if notice.name == name]
    assert [line for line in said if "gives" in line and "canary" not in line] == []


def test_a_mean_colour_of_grey_images_is_no_sign_of_a_broken_method(tmp_path: Path) -> None:
    data = write_data(tmp_path / "rooms")
    for file in (data / "images").iterdir():
        with Image.open(file) as image:
            image.convert("L").save(file)
    text = suite_text(data, methods="[mean-colour, grey]", metrics="[l1]")
    given = {"grey": Painter(HOW["grey"])}
    run = run_suite(parse_suite(text, "s"), out=tmp_path / "run", device="cpu", editors=given)
    said = [notice.name for notice in run.header.notices if "one and the same value" in notice.text]
    assert set(said) == {"grey"}


def test_an_edit_without_known_pixels_has_no_error_of_them() -> None:
    (one,) = edits(1)
    one.edit.mask[:] = True
    columns = output_columns("m", [one], {0: one.original.astype("float32")})
    assert (columns["as_rgb"], columns["as_bgr"], columns["as_unit"]) == ([None], [None], [None])
    assert (columns["lowest"], columns["highest"], columns["outside"]) == ([0], [0], [0])


def test_a_run_without_the_table_says_nothing() -> None:
    assert output_notices({"old": pd.DataFrame()}) == []
