"""Makes a run directory without running anything: small drawn images, real PNGs, real Parquet.

Everything follows from the arguments, so two calls give the same numbers. What a report must cope
with is in it: a task whose dataset is called `<script>`, failed edits, impossible edits, metrics
without a value, per-class scores, the real images' own score and a method that could not be made.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from bench.run.tables import SAMPLES

CLASSES = ("sky", "hill", "water", "house", "sun", "a class that never occurs")
PALETTE = ((140, 190, 230), (90, 140, 80), (60, 100, 160), (190, 90, 70), (250, 210, 90), (1, 2, 3))
SPACE = {
    "name": "made-6",
    "classes": list(CLASSES),
    "palette": [list(colour) for colour in PALETTE],
}
NO_GROUND_TRUTH = "an object removed from a photograph has no ground truth"
NOTHING = {one.name: "" if one.kind == "text" else None for one in SAMPLES.columns}
"""A row of the samples table in which nothing is known."""

TRACEBACK = "0123456789ab.txt"
HOSTILE = "<script>alert('x')</script>"

METHODS = (
    ("copy", "Copy (oracle)", 0.0, ["original"]),
    ("diffusion", "Diffusion", 14.0, []),
    ("nearest", "Nearest", 26.0, []),
    ("mean-colour", "Mean colour", 38.0, []),
    ("small", "SPADE, small", 10.0, []),
    ("large", "SPADE, large", 9.0, []),
    ("ablation-a", "Without edges", 18.0, []),
    ("ablation-b", "Without instances", 20.0, []),
)
METRICS = (
    ("psnr", "psnr", "PSNR", "dB", "higher"),
    ("psnr-hole", "psnr", "PSNR, masked region", "dB", "higher"),
    ("l1-hole", "l1", "L1, masked region", "grey levels", "lower"),
    ("lpips-alex", "lpips-alex", "LPIPS (AlexNet)", "", "lower"),
    ("fid", "fid", "FID", "", "lower"),
    ("miou", "miou", "mIoU", "", "higher"),
    ("mask-area", "mask-area", "Mask area", "", "neither"),
)
PER_EDIT = ("psnr", "psnr-hole", "l1-hole", "lpips-alex")
TASKS = (
    ("scenes / free-form", "Drawn scenes, free-form", "drawn-scenes", "freeform@1", "inpaint"),
    (
        "scenes / removal",
        "Drawn scenes, object removal",
        "drawn-scenes",
        "object-remove@1",
        "remove",
    ),
    (f"{HOSTILE} / extension", f"{HOSTILE}, extension", HOSTILE, "extension@1", "inpaint"),
)


def make_run(
    folder: Path, *, edits: int = 10, methods: int = 4, tasks: int = 3, size: int = 64
) -> Path:
    """Writes the run into `folder` and returns it."""
    chosen = METHODS[:methods]
    scores: list[dict] = []
    costs: list[dict] = []
    for index in range(tasks):
        rows = _task(folder, index, edits, chosen, size)
        path = folder / "samples" / f"task-{index}" / "00000.parquet"
        path.parent.mkdir(parents=True)
        pd.DataFrame(rows).to_parquet(path)
        scores += _scores(index, pd.DataFrame(rows), chosen)
        costs += [_cost(index, number, method) for number, method in enumerate(chosen)]
    pd.DataFrame(scores).to_parquet(folder / "scores.parquet")
    pd.DataFrame(costs).to_parquet(folder / "costs.parquet")
    pd.DataFrame([_replicates(number, name, edits) for number, name in _named(chosen)]).to_parquet(
        folder / "replicates.parquet"
    )
    header = json.dumps(_header(edits, chosen, tasks, size), indent=1)
    (folder / "run.json").write_text(header, encoding="utf-8")
    return folder


def scene(index: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """A landscape: uint8 [S,S,3] and labels uint8 [S,S]; every index another one."""
    rng = np.random.default_rng(index)
    y, x = np.mgrid[0:size, 0:size] / size
    labels = np.zeros((size, size), np.uint8)
    ridge = 0.45 + 0.12 * np.sin(x * rng.uniform(4, 9) + rng.uniform(0, 6))
    labels[y > ridge] = 1
    labels[y > rng.uniform(0.72, 0.85)] = 2
    sun_x, sun_y = rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.3)
    labels[(x - sun_x) ** 2 + (y - sun_y) ** 2 < 0.006] = 4
    left, top = rng.uniform(0.1, 0.7), rng.uniform(0.5, 0.58)
    labels[(x > left) & (x < left + 0.2) & (y > top) & (y < top + 0.17)] = 3
    shade = (0.75 + 0.35 * y + 0.05 * np.sin(40 * x + 25 * y))[..., None]
    tint = rng.uniform(0.8, 1.1, 3)
    image = np.asarray(PALETTE, float)[labels] * shade * tint
    return np.clip(image, 0, 255).astype(np.uint8), labels


def masked_region(index: int, size: int) -> np.ndarray:
    """bool [S,S]: a few discs along a line."""
    rng = np.random.default_rng(1000 + index)
    y, x = np.mgrid[0:size, 0:size] / size
    mask = np.zeros((size, size), bool)
    start, end = rng.uniform(0.2, 0.8, 2), rng.uniform(0.2, 0.8, 2)
    for step in np.linspace(0, 1, 9):
        centre = start + step * (end - start)
        mask |= (x - centre[0]) ** 2 + (y - centre[1]) ** 2 < 0.011
    return mask


def _task(folder: Path, task: int, edits: int, methods: tuple, size: int) -> list[dict]:
    rows = []
    for index in range(edits):
        edit = f"scene-{index // 2:04d}.{index % 2}"
        image, labels = scene(task * 10_000 + index // 2, size)
        mask = masked_region(index, size)
        _write_edit(folder / "edits" / f"task-{task}" / edit, image, labels, mask)
        for number, (name, _, noise, _) in enumerate(methods):
            row = NOTHING | {
                "edit": edit,
                "scene": f"scene-{index // 2:04d}",
                "sample": index % 2,
                "method": name,
                "status": "ok",
                "reason": "",
                "failure": "",
                "no_ground_truth": NO_GROUND_TRUTH if task == 1 else "",
                "known_difference": None,
                "equals_ground_truth": None,
                "coverage": float(mask.mean()),
                "region": CLASSES[index % 4] if task == 1 else None,
            }
            if name == "nearest" and index % 7 == 3:
                row |= {"status": "failed", "reason": "result has NaN in 12 of 4096 pixels"}
                if task == 0:
                    row["failure"] = TRACEBACK
                    log = folder / "failures" / "task-0" / name / TRACEBACK
                    log.parent.mkdir(parents=True, exist_ok=True)
                    log.write_text(f"Traceback {HOSTILE}: NaN\n", encoding="utf-8")
                rows.append(row | dict.fromkeys(PER_EDIT) | {"fid.features": None})
                continue
            result = _edited(image, mask, noise, index * 16 + number)
            path = folder / "predictions" / f"task-{task}" / name / f"{edit}.png"
            _write(path, Image.fromarray(result))
            rows.append(row | _values(image, result, mask) | {"fid.features": [0.5, 1.5]})
    return rows


def _edited(image: np.ndarray, mask: np.ndarray, noise: float, key: int) -> np.ndarray:
    if noise == 0:
        return image
    rng = np.random.default_rng(key)
    coarse = (
        rng.normal(0, noise, (8, 8, 3))
        .repeat(image.shape[0] // 8, 0)
        .repeat(image.shape[0] // 8, 1)
    )
    edited = np.clip(0.7 * image + 0.3 * image[~mask].mean(0) + coarse, 0, 255).astype(np.uint8)
    return np.where(mask[..., None], edited, image)


def _values(image: np.ndarray, result: np.ndarray, mask: np.ndarray) -> dict[str, float]:
    error = image.astype(float) - result
    inside = error[mask]
    whole, part = (error**2).mean(), (inside**2).mean()
    return {
        "psnr": 10 * np.log10(255**2 / max(whole, 1e-4)),
        "psnr-hole": 10 * np.log10(255**2 / max(part, 1e-4)),
        "l1-hole": float(np.abs(inside).mean()),
        "lpips-alex": float(np.abs(error).mean() / 60),
    }


def _write_edit(folder: Path, image: np.ndarray, labels: np.ndarray, mask: np.ndarray) -> None:
    target = Image.fromarray(labels + 1, mode="P")
    target.putpalette([0, 0, 0] + [value for colour in PALETTE for value in colour])
    _write(folder / "original.png", Image.fromarray(image))
    _write(folder / "mask.png", Image.fromarray(mask.astype(np.uint8) * 255))
    _write(folder / "target.png", target)


def _write(path: Path, image: Image.Image) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, compress_level=1)


def _scores(task: int, samples: pd.DataFrame, methods: tuple) -> list[dict]:
    rows = []
    for number, (name, *_) in enumerate(methods):
        own = samples[(samples["method"] == name) & (samples["status"] == "ok")]
        base = {
            "task": TASKS[task][0],
            "method": name,
            "level": 0.95,
            "protocol": f"{task:02d}" * 32,
            "method_hash": f"{number:02d}ab" * 16,
            "reason": "",
            "of": "all",
        }
        for metric in PER_EDIT:
            values = own[metric].astype(float).dropna()
            half = 1.96 * values.std(ddof=1) / np.sqrt(len(values))
            value = None if task == 1 and metric == "psnr" else float(values.mean())
            reason = NO_GROUND_TRUTH if value is None else ""
            rows.append(
                base
                | {
                    "metric": metric,
                    "value": value,
                    "low": value and value - half,
                    "high": value and value + half,
                    "n": 0 if value is None else len(values),
                    "clusters": len(values) // 2,
                    "interval": "bootstrap over scenes",
                    "reason": reason,
                }
            )
        rows.append(
            base
            | {
                "metric": "fid",
                "value": None,
                "low": None,
                "high": None,
                "n": 0,
                "clusters": 0,
                "interval": "",
                "reason": "the weights pt_inception-2015-12-05 are not here; "
                "`siebench weights fetch fid-inception` gets them",
            }
        )
        rows += [
            base
            | {
                "metric": "miou",
                "of": of,
                "value": 0.9 - 0.07 * number - 0.02 * k,
                "low": None,
                "high": None,
                "n": len(own),
                "clusters": len(own) // 2,
                "interval": "",
            }
            for k, of in enumerate(("all", *CLASSES[:5]))
        ]
    rows.append(
        base
        | {
            "method": "(real)",
            "metric": "miou",
            "value": 0.93,
            "low": None,
            "high": None,
            "n": len(own),
            "clusters": len(own) // 2,
            "interval": "",
            "method_hash": "",
        }
    )
    return rows


def _named(methods: tuple) -> list[tuple[int, str]]:
    return [(number, method[0]) for number, method in enumerate(methods)]


def _replicates(number: int, name: str, edits: int) -> dict:
    """mIoU of the first task without each scene: scene k's influence is k / 1000."""
    scenes = sorted({f"scene-{index // 2:04d}" for index in range(edits)})
    values = [0.9 - 0.07 * number - k / 1000 for k in range(len(scenes))]
    return {
        "task": TASKS[0][0],
        "method": name,
        "metric": "miou",
        "of": "all",
        "scenes": scenes,
        "values": values,
    }


def _cost(task: int, number: int, method: tuple) -> dict:
    return {
        "task": TASKS[task][0],
        "method": method[0],
        "ms": 1.5 + 3.1 * number,
        "ms_p90": 2.0 + 4.0 * number,
        "peak_mib": 90.0 + 25 * number,
        "parameters": 0 if number < 4 else 1_050_000 * number,
        "macs": 0 if number < 4 else 3_400_000_000 * number,
        "timed": 7,
        "device": "cpu",
        "batch": 4,
    }


def _header(edits: int, methods: tuple, tasks: int, size: int) -> dict:
    return {
        "format": 2,
        "name": "made",
        "title": "A made run",
        "state": "done",
        "description": "Drawn landscapes with results made for testing the report.",
        "suite": {"name": "made", "seed": 7, "note": "</script><b>not bold</b>"},
        "started": "2026-01-05T10:00:00+00:00",
        "finished": "2026-01-05T10:03:21+00:00",
        "seconds": 201.4,
        "versions": {"sebench": "0.1.0", "numpy": "2.0.0", "torch": "2.4.0"},
        "git": {"commit": "0123456789abcdef0123456789abcdef01234567", "dirty": True},
        "hardware": {
            "cpu": "A CPU",
            "cores": 2,
            "memory_gib": 8.0,
            "device": "cpu",
            "platform": "Linux",
            "python": "3.11.7",
        },
        "tasks": [_task_row(index, edits, size) for index in range(tasks)],
        "methods": [_method_row(number, method) for number, method in enumerate(methods)]
        + [
            {
                "name": "broken",
                "slug": "broken",
                "title": "Broken",
                "editor": "broken",
                "options": {},
                "needs": [],
                "hash": None,
                "record": {},
                "problem": "no module named 'elsewhere'",
            }
        ],
        "metrics": [
            dict(zip(("name", "metric", "title", "unit", "better"), row)) for row in METRICS[:-1]
        ],
        "table": None,
    }


def _task_row(index: int, edits: int, size: int) -> dict:
    name, title, dataset, protocol, operation = TASKS[index]
    impossible = [
        {"scene": "scene-9999", "sample": k, "reason": "no object is large enough"} for k in (0, 1)
    ]
    return {
        "name": name,
        "slug": f"task-{index}",
        "title": title,
        "dataset": dataset,
        "protocol": protocol,
        "operation": operation,
        "n": edits,
        "size": [size, size],
        "space": SPACE,
        "impossible": impossible if index == 1 else [],
        "record": {
            "dataset": dataset,
            "fingerprint": "ab" * 32,
            "protocol": {"key": protocol, "strokes": 9},
            "seed": 7,
            "composite": "known-bytes",
            "quantise": "round",
        },
    }


def _method_row(number: int, method: tuple) -> dict:
    name, title, noise, needs = method
    return {
        "name": name,
        "slug": name,
        "title": title,
        "editor": name,
        "options": {"noise": noise},
        "needs": needs,
        "hash": f"{number:02d}ab" * 16,
        "problem": None,
        "record": {"editor": name, "options": {"noise": noise}, "code": "0.1.0"},
    }
