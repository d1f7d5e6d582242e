"""Does a protocol keep its contract? Tried on small made scenes."""

from __future__ import annotations

import json
import os
import pickle
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import numpy as np

import masks
from bench.plugins.foreign import Raised
from masks.parameters import parameters_of

__all__ = ["check_protocol", "first_digests"]

_SAMPLES = 8


def check_protocol(value: type[masks.Protocol] | masks.Protocol) -> list[str]:
    """What a protocol does not keep of `masks.Protocol`'s contract; empty = it conforms.

    Tried are the key, the facts, the parameters as JSON and back, and edits of made scenes of several
    sizes, with and without objects: their arrays, the same edit again in another order and from a new
    protocol, other samples, and the site left as it was.

    Args:
        value: the class, tried as its `trial` makes it, or a protocol that is made.
    """
    kind = value if isinstance(value, type) else type(value)
    problems = list(_class_problems(kind))
    if problems:
        return problems
    sites = list(_sites())
    with tempfile.TemporaryDirectory() as folder:
        try:
            protocol = kind.trial(sites, Path(folder)) if isinstance(value, type) else value
            problems = [*_fact_problems(protocol), *_edit_problems(protocol, sites)]
            return problems or list(_process_problems(protocol, sites))
        except Exception as error:  # a check ends with a sentence, whatever a stranger's code does
            what = f"raises {type(error).__name__} ({error}); what cannot be drawn is an Impossible"
            return [Raised(what, error)]


def _class_problems(kind: type[masks.Protocol]) -> Iterator[str]:
    name, _, version = kind.key.rpartition("@")
    if not (name and version.isdecimal()):
        yield f"key {kind.key!r} has no version; write it as in 'freeform@1'"
    if kind.operation not in get_args(masks.Operation):
        yield f"operation {kind.operation!r} is none of {', '.join(get_args(masks.Operation))}"
    if not (isinstance(kind.title, str) and kind.title):
        yield "title is empty"
    settings = vars(kind).get("__dataclass_params__")
    if settings is None or not settings.frozen:
        yield "the class is no frozen dataclass; decorate it with @dataclass(frozen=True)"


def _fact_problems(protocol: masks.Protocol) -> Iterator[str]:
    try:
        again = json.loads(json.dumps(protocol.parameters(), allow_nan=False))
        json.dumps(protocol.identity, allow_nan=False)
    except (TypeError, ValueError) as error:
        yield f"parameters or identity are no JSON ({error}); use numbers, texts, lists"
        return
    if masks.make_protocol(type(protocol), again) != protocol:
        yield "its parameters do not make an equal protocol again"
    names = {parameter.name for parameter in parameters_of(type(protocol))}
    if set(again) != names:
        yield f"parameters() names {sorted(again)}, the fields are {sorted(names)}"
    coverage = protocol.coverage
    if coverage is not None and not 0 <= coverage[0] <= coverage[1] <= 1:
        yield f"coverage is {coverage}, not a least and a largest share in 0..1"


def _edit_problems(protocol: masks.Protocol, sites: list[masks.Site]) -> list[str]:
    """Each problem once."""
    protocol = protocol.paired_with([site.scene for site in sites])
    problems: dict[str, None] = {}
    drawings: dict[tuple[str, int, int], str] = {}
    for site in sites:
        before = _site_digest(site)
        for seed, sample in _draws():
            drawn = _drawn(protocol, site, seed, sample)
            drawings[site.scene, seed, sample] = _digest(drawn)
            if isinstance(drawn, masks.DrawnEdit):
                problems.update(dict.fromkeys(_drawn_problems(protocol, site, drawn)))
            elif not drawn.reason.strip():
                problems["an Impossible has no reason; say why there is no edit"] = None
        if _site_digest(site) != before:
            problems["draw changes the site's arrays; copy them first"] = None
    if not problems:
        problems.update(dict.fromkeys(_determinism_problems(protocol, sites, drawings)))
    return list(problems)


def _drawn(
    protocol: masks.Protocol, site: masks.Site, seed: int, sample: int
) -> masks.DrawnEdit | masks.Impossible:
    """An edit; a seed or sample that is refused in words counts as impossible, seed 0 sample 0 not."""
    try:
        drawn = protocol.draw(site, seed=seed, sample=sample)
    except masks.MaskError as error:
        if (seed, sample) == (0, 0):
            raise
        return masks.Impossible(str(error))
    if not isinstance(drawn, (masks.DrawnEdit, masks.Impossible)):
        raise TypeError(f"draw gives a {type(drawn).__name__}, not a DrawnEdit or an Impossible")
    return drawn


def _drawn_problems(
    protocol: masks.Protocol, site: masks.Site, drawn: masks.DrawnEdit
) -> Iterator[str]:
    size = protocol.edit_size(site.size)
    if drawn.mask.dtype != np.bool_:
        yield f"the mask is of {drawn.mask.dtype}, not bool"
    if size is not None and drawn.mask.shape != size:
        yield f"the mask is {drawn.mask.shape} where edit_size says {size}"
    if not drawn.mask.any():
        yield "the mask is empty; give an Impossible instead"
    planes = {"labels": drawn.labels, "instances": drawn.instances}
    for name, plane in planes.items():
        if plane is not None and plane.dtype != np.int32:
            yield f"{name} are of {plane.dtype}, not int32"
        if plane is not None and plane.shape != drawn.mask.shape:
            yield f"{name} are {plane.shape}, the mask {drawn.mask.shape}"
    if drawn.labels.min() < -1 or drawn.labels.max() >= len(site.classes):
        yield f"labels are not in -1..{len(site.classes) - 1}, the site's classes"
    if drawn.instances is not None and drawn.instances.min() < 0:
        yield "instances are below 0"
    if drawn.region is not None and drawn.region not in site.classes:
        yield f"region {drawn.region!r} is none of the site's classes"
    if drawn.ground_truth not in get_args(masks.GroundTruth):
        yield f"ground_truth {drawn.ground_truth!r} is none of {get_args(masks.GroundTruth)}"
    own = drawn.window is not None or np.array_equal(drawn.labels, site.labels)
    if drawn.ground_truth == "original" and not own:
        yield "asks for other labels than the scene has, but its ground_truth is the image; say 'none'"
    coverage, share = protocol.coverage, float(drawn.mask.mean())
    if coverage is not None and not coverage[0] - 1e-6 <= share <= coverage[1] + 1e-6:
        yield f"masks {share:.6f} of the image where coverage says {coverage}"


def _determinism_problems(
    protocol: masks.Protocol,
    sites: list[masks.Site],
    drawings: dict[tuple[str, int, int], str],
) -> Iterator[str]:
    again = masks.make_protocol(type(protocol), protocol.parameters())
    again = again.paired_with([site.scene for site in sites])
    by_scene = {site.scene: site for site in sites}
    for (scene, seed, sample), digest in reversed(drawings.items()):
        if _digest(_drawn(again, by_scene[scene], seed, sample)) != digest:
            yield (
                "draws another edit when it is asked again, in another order; take all random numbers "
                "from stream(site, seed, sample)"
            )
            break
    kinds = [
        {drawings[site.scene, seed, sample] for seed, sample in _draws()} - {"impossible"}
        for site in sites
    ]
    different = any(len(one) > 1 for one in kinds)
    if different and not protocol.varies:
        yield "varies is False, but another seed or sample gives another edit"
    if protocol.varies and not different and any(kinds):
        yield "varies is True, but every seed and sample gives the same edit"


def _process_problems(protocol: masks.Protocol, sites: list[masks.Site]) -> Iterator[str]:
    """The same edits in a process of its own; a class that only this process knows is not tried."""
    paired = protocol.paired_with([site.scene for site in sites])
    try:
        job = pickle.dumps((paired, sites))
    except (pickle.PicklingError, AttributeError, TypeError):
        return
    if type(protocol).__module__ == "__main__":
        return
    path = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        [sys.executable, "-c", _THERE],
        input=job,
        capture_output=True,
        env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": path},
        check=False,
    )
    if done.returncode:
        line = (done.stderr.decode(errors="replace").splitlines() or ["no message"])[-1]
        unknown = _NO_MODULE.fullmatch(line)
        # As pytest's --import-mode=importlib has it: imported from a file, by a name that says nothing.
        if unknown is None or not f"{type(protocol).__module__}.".startswith(f"{unknown[1]}."):
            yield f"cannot draw in another process ({line})"
    elif done.stdout.decode().split() != first_digests(paired, sites):
        yield "draws another edit in another process; hash() and set order differ between processes"


_NO_MODULE = re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'.*")

_THERE = """
import pickle, sys
from bench.suite.conformance import first_digests
print(*first_digests(*pickle.load(sys.stdin.buffer)))
"""


def first_digests(protocol: masks.Protocol, sites: list[masks.Site]) -> list[str]:
    """The digests of the first two edits of every site."""
    return [_digest(_drawn(protocol, site, 0, sample)) for site in sites for sample in range(2)]


def _draws() -> list[tuple[int, int]]:
    return [(0, sample) for sample in range(_SAMPLES)] + [(7, 0)]


def _digest(drawn: masks.DrawnEdit | masks.Impossible) -> str:
    return "impossible" if isinstance(drawn, masks.Impossible) else masks.edit_digest(drawn)


def _site_digest(site: masks.Site) -> tuple[str, ...]:
    planes = (site.labels, site.instances)
    return tuple(masks.array_digest(plane) for plane in planes if plane is not None)


def _sites() -> Iterator[masks.Site]:
    """Made scenes: square and wide, with objects and without, one of void, one of a single class."""
    classes = ("ground", "sky", "house", "car")
    for scene, (height, width) in (("0001", (64, 64)), ("0002", (48, 96)), ("0003", (256, 256))):
        labels = np.zeros((height, width), np.int32)
        labels[: height // 3] = 1
        labels[height // 4 : height // 2, width // 8 : width // 2] = 2
        labels[-2:] = -1
        instances = np.zeros((height, width), np.int32)
        for number, left in ((3, width // 8), (70001, width // 2)):
            box = np.s_[height // 2 : height * 3 // 4, left : left + width // 4]
            labels[box], instances[box] = 3, number
        yield masks.Site("made", scene, labels, instances, classes)
    yield masks.Site("made", "0004", np.zeros((64, 64), np.int32), None, classes)
    yield masks.Site("made", "0005", np.full((64, 64), -1, np.int32), None, classes)
