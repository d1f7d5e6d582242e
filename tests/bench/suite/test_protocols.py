"""Protocols come through one registry: ours, a plugin's, a module's, an object of the Python API."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import yaml

import masks
from bench.core.errors import BadInput
from bench.plugins.builtin import BUILTIN
from bench.plugins.kinds import PROTOCOLS
from bench.run.plan import plan_run
from bench.run.suite_run import run_suite
from bench.suite.check import suite_problems
from bench.suite.protocols import (
    asked,
    check_drawn,
    describe_protocol,
    make_protocol,
    protocol_class,
    protocol_keys,
    protocol_title,
)
from bench.suite.resolved import resolved
from bench.suite.schema import parse_suite
from tests.bench.run.made_suite import suite_text, write_data

LEFT = """
from dataclasses import dataclass
from typing import ClassVar

import masks
import numpy as np


@dataclass(frozen=True)
class LeftBand(masks.Protocol):
    \"\"\"A band at the left of the image is masked.\"\"\"

    key: ClassVar[str] = "left-band@2"
    operation: ClassVar[masks.Operation] = "inpaint"

    share: float = 0.5

    @property
    def varies(self):
        return False

    def draw(self, site, *, seed=0, sample=0):
        mask = np.zeros(site.size, dtype=bool)
        mask[:, : int(site.size[1] * self.share)] = True
        return masks.inpaint(site, mask)


class Old(LeftBand):
    key = "left-band@1"


class Stranger:
    key = "stranger@1"
"""


@pytest.fixture
def left(install):
    points = {"left-band@2": "left_band:LeftBand", "left-band@1": "left_band:Old"}
    install("my-protocols", {"protocols": points}, {"left_band": LEFT})


def test_the_table_in_the_tree_is_that_of_the_package() -> None:
    assert tuple(sorted(BUILTIN["protocols"])) == masks.protocol_keys()
    for key in masks.protocol_keys():
        assert protocol_class(key) is masks.protocol_class(key)


def test_a_plugins_protocol_is_found_by_key_and_by_name_in_its_newest_version(left) -> None:
    assert {"left-band@1", "left-band@2", "freeform@1"} <= set(protocol_keys())
    assert make_protocol("left-band").key == "left-band@2"
    assert make_protocol("left-band@1", {"share": 0.25}).parameters() == {"share": 0.25}
    assert describe_protocol("left-band").summary == "A band at the left of the image is masked."
    assert protocol_title("left-band") == "left band"


def test_wrong_names_and_parameters_are_one_sentence(left) -> None:
    with pytest.raises(BadInput, match="unknown protocol 'left-bond'; did you mean 'left-band@"):
        make_protocol("left-bond")
    with pytest.raises(BadInput, match=r"left-band@2 has no parameter 'width'"):
        make_protocol("left-band", {"width": 3})
    with pytest.raises(BadInput, match=r"left-band@2: share must be a number, not 'wide'"):
        make_protocol("left-band", {"share": "wide"})


def test_a_module_asks_for_trust(left) -> None:
    with pytest.raises(BadInput, match="agree with --trust"):
        make_protocol("left_band:LeftBand")
    assert make_protocol("left_band:LeftBand", trust=True).key == "left-band@2"
    assert protocol_title("left_band:LeftBand") == "LeftBand"


def test_what_is_no_protocol_or_has_another_key_is_named(install) -> None:
    points = {"left-band@3": "left_band:LeftBand", "stranger@1": "left_band:Stranger"}
    install("rogue", {"protocols": points}, {"left_band": LEFT})
    with pytest.raises(BadInput, match=r"'left-band@3' .* has the key 'left-band@2'; register it"):
        make_protocol("left-band@3")
    with pytest.raises(BadInput, match=r"not a class derived from masks\.Protocol"):
        make_protocol("stranger@1")
    assert protocol_title("stranger@1") == "stranger"


def test_a_suite_takes_a_protocol_of_the_python_api(tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class TopBand(masks.Protocol):
        key: ClassVar[str] = "top-band@1"
        operation: ClassVar[masks.Operation] = "inpaint"
        title: ClassVar[str] = "top bands"

        rows: int = 4

        def draw(self, site, *, seed=0, sample=0):
            mask = np.zeros(site.size, dtype=bool)
            mask[: self.rows] = True
            return masks.inpaint(site, mask)

    tasks = "[{dataset: rooms, protocol: top-band, parameters: {rows: 9}}]"
    text = suite_text(write_data(tmp_path / "rooms"), tasks=tasks)
    suite = parse_suite(text, "mine.yaml")
    with PROTOCOLS.offering({"top-band@1": TopBand}):
        task = plan_run(suite).tasks[0]
    assert (task.name, task.title) == ("rooms-top-band", "Rooms, top bands")
    assert task.record["protocol"] == "top-band@1"
    assert task.record["parameters"] == {"rows": 9}
    with pytest.raises(BadInput, match="unknown protocol 'top-band'"):
        plan_run(suite)


def test_run_suite_takes_protocols_as_it_takes_editors(left, tmp_path: Path) -> None:
    kind = protocol_class("left-band@1")
    tasks = "[{dataset: rooms, protocol: mine, parameters: {share: 0.25}}]"
    text = suite_text(
        write_data(tmp_path / "rooms", count=2), tasks=tasks, methods="[copy]", metrics="[l1]"
    )
    mine = dataclass(frozen=True)(type("Mine", (kind,), {"key": "mine@1"}))
    (tmp_path / "mine.yaml").write_text(text)
    done = run_suite(tmp_path / "mine.yaml", out=tmp_path / "run", protocols={"mine@1": mine})
    assert (done.edits, done.failed, done.impossible) == (2, 0, 0)
    with pytest.raises(BadInput, match=r"protocol 'freeform@1' is given here, and siebench"):
        run_suite(tmp_path / "mine.yaml", out=tmp_path / "b", protocols={"freeform@1": mine})


def test_a_suite_may_name_a_module_and_reads_the_same_when_it_is_written_out(
    left, tmp_path: Path
) -> None:
    tasks = "[{dataset: rooms, protocol: 'left_band:LeftBand', parameters: {share: 0.25}}]"
    text = suite_text(write_data(tmp_path / "rooms"), tasks=tasks)
    suite = parse_suite(text, "mine.yaml")
    assert "agree with --trust" in suite_problems(suite, text, "mine.yaml")[0]
    assert suite_problems(suite, text, "mine.yaml", trust=True) == []
    again = parse_suite(yaml.safe_dump(resolved(suite, trust=True)), "written.yaml")
    first, second = (plan_run(one, trust=True).tasks[0] for one in (suite, again))
    assert first.name == "rooms-LeftBand"
    assert first.record == second.record
    assert first.record["parameters"] == {"share": 0.25}


def test_masks_that_pair_against_their_numbers_refuse_the_suite(tmp_path: Path) -> None:
    data = write_data(tmp_path / "rooms", count=11)
    (tmp_path / "m").mkdir()
    for k in range(11):
        (tmp_path / "m" / f"{k}.png").write_bytes(b"not read before the pairing is good")
    protocol = f"{{folder: {str(tmp_path / 'm')!r}, pairing: sorted}}"
    tasks = f"[{{dataset: rooms, protocol: predefined@1, parameters: {protocol}}}]"
    for k in range(10):
        for folder, ending in (("images", "png"), ("labels", "png"), ("instances", "png")):
            file = data / folder / f"scene{k}.{ending}"
            file.rename(file.with_name(f"scene0{k}.{ending}"))
    with pytest.raises(BadInput, match=r"scene 'scene02' would get 10\.png, where"):
        plan_run(parse_suite(suite_text(data, tasks=tasks), "mine.yaml"))


def drawing(given, **facts):
    """A protocol of the user's own that draws what is given."""

    def draw(self, site, *, seed=0, sample=0):
        if isinstance(given, Exception):
            raise given
        return given

    body = {"key": "mine@1", "operation": "inpaint", "draw": draw, **facts}
    return dataclasses.dataclass(frozen=True)(type("Mine", (masks.Protocol,), body))()


SITE = masks.Site("d", "s", np.zeros((4, 6), np.int32), None, ("a",))
HOLE, PLAIN = np.ones((4, 6), bool), np.zeros((4, 6), np.int32)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "gave a NoneType, not a DrawnEdit or an Impossible"),
        (masks.Impossible(""), "an Impossible without a reason"),
        (
            masks.DrawnEdit(mask=HOLE.astype(np.uint8), labels=PLAIN, instances=None),
            "mask: is uint8",
        ),
        (
            masks.DrawnEdit(mask=HOLE[:2], labels=PLAIN[:2], instances=None),
            r"mask: is bool \[2, 6\]",
        ),
        (masks.DrawnEdit(mask=HOLE, labels=None, instances=None), "labels: is NoneType"),
        (
            masks.DrawnEdit(mask=HOLE, labels=PLAIN + 1, instances=None),
            r"labels: are not in -1\.\.0",
        ),
        (KeyError("eyes"), "draw.* raised KeyError: 'eyes'"),
    ],
)
def test_what_a_protocol_from_elsewhere_draws_wrong_is_one_sentence(given, words) -> None:
    protocol = drawing(given)
    with pytest.raises(BadInput, match=words), asked(protocol, "draw()"):
        check_drawn(protocol, SITE, protocol.draw(SITE))


def test_what_a_protocol_says_in_words_stays_its_own_sentence() -> None:
    protocol = drawing(masks.MaskError("there is no lamp"))
    with pytest.raises(masks.MaskError, match="there is no lamp"), asked(protocol, "draw()"):
        protocol.draw(SITE)


def test_a_protocol_that_cannot_be_made_is_one_sentence() -> None:
    def post(self):
        raise ValueError("no eyes")

    kind = type(drawing(None))
    broken = dataclasses.dataclass(frozen=True)(type("Broken", (kind,), {"__post_init__": post}))
    with (
        PROTOCOLS.offering({"mine@1": broken}),
        pytest.raises(BadInput, match="mine@1: no eyes"),
    ):
        make_protocol("mine@1")


def test_a_protocol_without_a_key_is_none() -> None:
    kind = type(drawing(None, key=None))
    with pytest.raises(BadInput, match="has the key None"), PROTOCOLS.offering({"mine": kind}):
        pass
