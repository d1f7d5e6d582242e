"""Every protocol keeps its contract, and the check finds each way of breaking it."""

from __future__ import annotations

import importlib.util
import itertools
import sys
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

import masks
from bench.plugins.kinds import PROTOCOLS
from bench.suite.conformance import check_protocol
from bench.suite.protocols import protocol_keys

COUNTER = itertools.count()


@pytest.mark.parametrize("key", protocol_keys())
def test_every_registered_protocol_conforms(key: str) -> None:
    assert PROTOCOLS.check(PROTOCOLS.get(key)) == []


@dataclass(frozen=True)
class Band(masks.Protocol):
    """Good: a band of random height at the top."""

    key: ClassVar[str] = "band@1"
    operation: ClassVar[masks.Operation] = "inpaint"

    rows: int = 9

    def draw(self, site, *, seed=0, sample=0):
        mask = np.zeros(site.size, dtype=bool)
        mask[: 1 + int(self.stream(site, seed, sample).integers(0, self.rows, 1)[0])] = True
        return masks.inpaint(site, mask)


def breaking(**changes) -> type[masks.Protocol]:
    """Band with other attributes, decorated as it should be."""
    return dataclass(frozen=True)(type("Broken", (Band,), {"__annotations__": {}, **changes}))


def drawing(change) -> type[masks.Protocol]:
    """Band whose edits are changed after they are drawn."""
    return breaking(
        draw=lambda self, site, *, seed=0, sample=0: change(
            Band.draw(self, site, seed=seed, sample=sample), site
        )
    )


def labelled_over(drawn, site):
    return replace(drawn, labels=drawn.labels + np.int32(9))


def relabelled(drawn, site):
    return replace(drawn, labels=np.where(drawn.mask, 1 - drawn.labels % 2, drawn.labels))


def written_on(drawn, site):
    site.labels[0, 0] = 2
    return drawn


def test_a_protocol_of_three_parts_conforms_as_class_and_made() -> None:
    assert check_protocol(Band) == []
    assert check_protocol(Band(rows=3)) == []


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (breaking(key="band"), "key 'band' has no version"),
        (breaking(operation="draw"), "operation 'draw' is none of inpaint"),
        (type("Plain", (Band,), {}), "no frozen dataclass"),
        (breaking(coverage=(0.5, 1.0)), "of the image where coverage says"),
        (breaking(coverage=(1.0, 0.5)), "not a least and a largest share"),
        (breaking(varies=False), "varies is False, but another seed"),
        (breaking(edit_size=lambda self, size: (8, 8)), "where edit_size says (8, 8)"),
        (breaking(identity={"at": object()}), "parameters or identity are no JSON"),
        (breaking(parameters=lambda self: {}), "parameters() names [], the fields are ['rows']"),
        (drawing(lambda drawn, site: None), "draw gives a NoneType"),
        (drawing(lambda drawn, site: masks.Impossible(" ")), "an Impossible has no reason"),
        (drawing(lambda drawn, site: 1 / 0), "raises ZeroDivisionError"),
        (drawing(lambda drawn, site: replace(drawn, mask=drawn.mask & False)), "mask is empty"),
        (drawing(lambda drawn, site: replace(drawn, mask=drawn.mask * 255)), "not bool"),
        (drawing(lambda drawn, site: replace(drawn, labels=drawn.labels * 1.0)), "not int32"),
        (drawing(labelled_over), "labels are not in -1..3"),
        (drawing(lambda drawn, site: replace(drawn, region="moon")), "region 'moon' is none"),
        (drawing(lambda drawn, site: replace(drawn, ground_truth="me")), "ground_truth 'me'"),
        (drawing(relabelled), "asks for other labels than the scene has"),
        (drawing(written_on), "changes the site's arrays"),
        (
            drawing(lambda drawn, site: masks.inpaint(site, np.roll(drawn.mask, next(COUNTER), 0))),
            "draws another edit when it is asked again",
        ),
        (
            drawing(lambda drawn, site: masks.inpaint(site, np.ones(site.size, bool))),
            "varies is True, but every seed and sample gives the same edit",
        ),
    ],
)
def test_what_breaks_the_contract_is_one_sentence(broken, sentence: str) -> None:
    problems = check_protocol(broken)
    assert any(sentence in problem for problem in problems), problems


def test_an_edit_that_depends_on_the_process_is_found(install) -> None:
    source = (
        "import dataclasses, masks, numpy as np\n"
        "from tests.bench.suite.test_conformance import Band\n"
        "@dataclasses.dataclass(frozen=True)\n"
        "class Hashed(Band):\n"
        "    key = 'hashed@1'\n"
        "    def draw(self, site, *, seed=0, sample=0):\n"
        "        mask = np.zeros(site.size, bool)\n"
        "        mask.flat[hash((site.scene, seed, sample)) % mask.size] = True\n"
        "        return masks.inpaint(site, mask)\n"
    )
    install("hashed", {}, {"hashed_protocol": source})
    kind = PROTOCOLS.get("hashed_protocol:Hashed", trust=True)
    assert any("in another process" in problem for problem in check_protocol(kind))


def test_a_class_of_a_module_that_is_on_no_path_is_not_tried_in_another_process(
    tmp_path, monkeypatch
) -> None:
    file = tmp_path / "off_the_path.py"
    file.write_text(
        "import dataclasses\n"
        "from tests.bench.suite.test_conformance import Band\n"
        "@dataclasses.dataclass(frozen=True)\n"
        "class Mine(Band):\n"
        "    key = 'mine@1'\n"
    )
    spec = importlib.util.spec_from_file_location("off_the_path", file)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "off_the_path", module)
    spec.loader.exec_module(module)
    assert check_protocol(module.Mine) == []
