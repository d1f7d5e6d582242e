"""Real runs over a small drawn folder: a mean-colour painter, honest or degraded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from bench.run.suite_run import run_suite
from bench.suite.schema import parse_suite
from tests.bench.run.made_suite import suite_text, write_data

TASKS = "[{dataset: rooms, protocol: freeform@1}]"


def made_suite(data: Path, results: Path):
    """One free-form task; the method is a folder of finished pictures."""
    method = f"[{{name: ours, editor: folder, options: {{path: {results}}}}}]"
    return parse_suite(suite_text(data, tasks=TASKS, methods=method), "made.yaml")


def write_results(data: Path, results: Path, noise: float, seed: int = 0) -> None:
    """The true pictures with noise: what a method of that quality would paint."""
    results.mkdir(parents=True, exist_ok=True)
    for path in sorted((data / "images").glob("*.png")):
        image = np.asarray(Image.open(path)).astype(float)
        rng = np.random.default_rng([seed, int(path.stem.removeprefix("scene"))])
        noisy = image + rng.normal(0, noise, image.shape)
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(results / path.name)


def make_runs(root: Path, *noises: float, scenes: int = 24) -> list[Path]:
    """One run for each noise, of one suite over one folder: the results change in place."""
    data = write_data(root / "rooms", scenes)
    made = []
    for i, noise in enumerate(noises):
        write_results(data, root / "results", noise, seed=i if i else 0)
        out = root / f"run{i}"
        run_suite(made_suite(data, root / "results"), out=out, device="cpu", workers=1)
        made.append(out)
    return made
