"""Nothing that was kept is used once the code from elsewhere that it was made with has changed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from bench.core.errors import BadInput
from bench.run.outcome import Outcome
from bench.run.schema import REAL
from bench.run.suite_run import run_suite
from bench.suite.schema import parse_suite
from tests.bench.run.made_suite import CLASSES, SIZE, suite_text, write_data

METRIC = """
import siebench

class Constant(siebench.PerEdit):
    name, title, summary = "constant", "Constant", "mean"
    def definition(self):
        return {"formula": "a number"}
    def measure(self, references, prepared, results):
        return {"constant": [VALUE] * len(results)}
"""

SEGMENTER = """
import numpy as np
import siebench

class Same(siebench.Segmenter):
    def __init__(self, argument, device, folders):
        self.name = "same"
        self.space = siebench.LabelSpace("made", CLASSES, ((0, 0, 0),) * 3)
    def segment(self, images):
        return np.full(images.shape[:3], VALUE, np.int32)
    def identity(self):
        return {"kind": "one class everywhere"}
"""

NETWORK = """
import numpy as np

class Flat:
    name = "flat"
    def __init__(self, device, folders):
        pass
    def features(self, images):
        colours = images.reshape(len(images), -1, 3).mean(axis=1)
        return (colours * VALUE).astype(np.float32)
    def identity(self):
        return {"kind": "mean colour"}
"""

DATASET = """
import numpy as np
import siebench

SPACE = siebench.LabelSpace("made", CLASSES, ((0, 0, 0),) * 3)

class Halves:
    name, space, ids = "halves", SPACE, ("one", "two")
    def read(self, scene, fit):
        image = np.zeros((32, 32, 3), np.uint8)
        image[:, 16:] = VALUE if scene == "two" else 8
        return siebench.Scene(scene, image, np.zeros((32, 32), np.int32), None)
    def fingerprint(self):
        return "0" * 64

INFO = siebench.DatasetInfo(
    name="halves", title="Halves", about="Two halves.", space=SPACE, drawn=True,
    open=lambda path, split, count: Halves(),
)
"""

PROTOCOL = """
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

import masks

@dataclass(frozen=True)
class Band(masks.Protocol):
    key: ClassVar[str] = "changing-band@1"
    operation: ClassVar[masks.Operation] = "inpaint"
    def draw(self, site, *, seed=0, sample=0):
        mask = np.zeros(site.size, bool)
        mask[:, :VALUE] = True
        return masks.inpaint(site, mask)
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Carries a suite out with a module of the given source, in one folder and with one cache."""
    data = write_data(tmp_path / "rooms", 3)
    monkeypatch.setenv("SIEBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def carried_out(
        source: str, value: str, metrics: str, protocol: str = "freeform@1", argument: str = ""
    ) -> Outcome:
        monkeypatch.delitem(sys.modules, "changing", raising=False)
        text = source.replace("VALUE", value).replace("CLASSES", repr(tuple(CLASSES)))
        (tmp_path / "changing.py").write_text(text)
        rooms = {"dataset": "folder", "path": str(data), "size": SIZE}
        if "Same" in source:
            rooms["segmenter"] = f"changing:Same{argument}"
        if "Halves" in source:
            rooms = {"dataset": "changing:INFO", "size": SIZE}
        suite = suite_text(
            data,
            datasets=json.dumps({"rooms": rooms}),
            tasks=f"[{{name: edits, dataset: rooms, protocol: {protocol}}}]",
            methods="[mean-colour]",
            metrics=metrics,
        )
        return run_suite(parse_suite(suite, "s"), out=tmp_path / "run", device="cpu", trust=True)

    yield carried_out
    sys.modules.pop("changing", None)


def value(outcome: Outcome, metric: str, method: str = "mean-colour") -> float:
    rows = outcome.scores.query("metric == @metric and method == @method and of == 'all'")
    return float(rows["value"].iloc[0])


def test_a_metric_whose_code_changed_measures_again_and_the_results_stay(run) -> None:
    assert value(run(METRIC, "1.0", '["changing:Constant"]'), "constant") == 1
    changed = run(METRIC, "2.0", '["changing:Constant"]')
    assert value(changed, "constant") == 2
    assert changed.kept["mean-colour"] == 3
    assert changed.carried_out == 0


POWER = """
    def __init__(self, context, power):
        self.power = power
    def definition"""


def test_another_option_of_a_metric_is_another_metric_where_its_definition_forgets_it(run) -> None:
    metric = METRIC.replace("    def definition", POWER).replace("[VALUE]", "[self.power]")
    one, two = (
        json.dumps([{"name": "changing:Constant", "options": {"power": power}}]) for power in (1, 2)
    )
    assert value(run(metric, "", one), "constant") == 1
    with pytest.raises(BadInput, match=r"options\.power is 2 here and 1 there"):
        run(metric, "", two)


def test_a_segmenter_whose_code_changed_looks_at_real_images_again(run) -> None:
    first = run(SEGMENTER, "0", "[accuracy]")
    # Of three scenes the lower half is floor, and two have a lamp of 8 by 10 pixels, 8 by 2 of them on it.
    floor, lamps = (3 * SIZE**2 / 2 - 2 * 16) / (3 * SIZE**2), 2 * 80 / (3 * SIZE**2)
    assert value(first, "accuracy", REAL) == pytest.approx(floor)
    assert value(first, "accuracy") == pytest.approx(floor)
    changed = run(SEGMENTER, "2", "[accuracy]")
    assert value(changed, "accuracy", REAL) == pytest.approx(lamps)
    assert value(changed, "accuracy") == pytest.approx(lamps)


def test_a_feature_network_whose_code_changed_looks_at_real_images_again(run) -> None:
    metric = '[{name: fd, options: {network: "changing:Flat"}}]'
    first = value(run(NETWORK, "1", metric), "fd-flat")
    # A Fréchet distance is squared: features of twice the size are four times as far apart.
    assert value(run(NETWORK, "2", metric), "fd-flat") == pytest.approx(4 * first)


def test_a_segmenter_with_another_argument_looks_at_all_again_though_its_identity_forgets_it(
    run,
) -> None:
    source = SEGMENTER.replace("self.name", "self.kind = int(argument)\n        self.name")
    for kind in ("0", "2"):
        plain = value(run(SEGMENTER, kind, "[accuracy]"), "accuracy", REAL)
        found = run(source, "self.kind", "[accuracy]", argument=f":{kind}")
        assert value(found, "accuracy") == value(found, "accuracy", REAL) == plain


def test_a_file_that_a_metric_was_made_with_is_read_again_once_it_has_changed(
    run, tmp_path: Path
) -> None:
    file = tmp_path / "number.txt"
    power = POWER.replace("= power", "= int(open(power).read())")
    metric = METRIC.replace("    def definition", power).replace("[VALUE]", "[self.power]")
    options = json.dumps([{"name": "changing:Constant", "options": {"power": str(file)}}])
    for number in ("0", "2"):
        file.write_text(number)
        assert value(run(metric, "", options), "constant") == int(number)


def test_a_file_that_a_segmenter_was_made_with_is_read_again_once_it_has_changed(
    run, tmp_path: Path
) -> None:
    file = tmp_path / "number.txt"
    kind = "self.kind = int(open(argument).read())\n        self.name"
    source = SEGMENTER.replace("self.name", kind)
    for number in ("0", "2"):
        plain = value(run(SEGMENTER, number, "[accuracy]"), "accuracy", REAL)
        file.write_text(number)
        found = run(source, "self.kind", "[accuracy]", argument=f":{file}")
        assert value(found, "accuracy") == value(found, "accuracy", REAL) == plain


def test_a_feature_network_with_another_argument_looks_again_though_its_identity_forgets_it(
    run,
) -> None:
    source = NETWORK.replace(
        "folders):\n        pass", "folders, argument):\n        self.k = int(argument)"
    )
    first, second = (
        value(
            run(source, "self.k", f'[{{name: fd, options: {{network: "changing:Flat:{k}"}}}}]'),
            "fd-flat",
        )
        for k in (1, 2)
    )
    assert second == pytest.approx(4 * first)


def test_a_dataset_whose_code_changed_is_read_again(run) -> None:
    # The right half is masked; the mean colour of the left half is black.
    assert value(run(DATASET, "16", "[l1]", "outpainting@1"), "l1-hole") == (8 + 16) / 2
    changed = run(DATASET, "32", "[l1]", "outpainting@1")
    assert value(changed, "l1-hole") == (8 + 32) / 2
    assert not changed.kept[
        "mean-colour"
    ]  # until they are read nobody knows which edits are the same


def test_a_protocol_whose_code_changed_draws_again(run) -> None:
    for columns in (8, 24):
        made = run(PROTOCOL, str(columns), "[l1]", '"changing:Band"')
        assert made.samples("edits")["coverage"].tolist() == [columns / SIZE] * 3


def test_a_protocol_draws_again_once_a_file_that_a_parameter_names_has_changed(
    run, tmp_path: Path
) -> None:
    file = tmp_path / "columns.txt"
    source = PROTOCOL.replace("    def draw", '    columns: str = ""\n    def draw')
    band = f'"changing:Band", parameters: {{columns: "{file}"}}'
    for columns in (8, 24):
        file.write_text(str(columns))
        made = run(source, "int(open(self.columns).read())", "[l1]", band)
        assert made.samples("edits")["coverage"].tolist() == [columns / SIZE] * 3
    assert run(source, "int(open(self.columns).read())", "[l1]", band).carried_out == 0
