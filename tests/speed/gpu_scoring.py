"""Scoring on a card: whole processes of `siebench score` beside other people's tools."""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from bench.core.device import cores
from bench.run.group_work import GroupWork
from bench.run.pair_images import read_pair
from bench.run.pairs import find_pairs
from bench.scene import LabelSpace
from tests.speed.gpu import Row, Setting, tried
from tests.speed.metrics import random_inception

__all__ = ["measure"]

INCEPTION = "torch/hub/checkpoints/pt_inception-2015-12-05-6726825d.pth"


def measure(setting: Setting) -> Iterator[Row]:
    """Rows of FID, LPIPS and four metrics, of the marginal rate, and of a check against the CPU."""
    pairs, side = (8, 64) if setting.tenth else (2048, 256)
    perceptual = ["lpips-alex"] if _trunk() else []
    four = ["fid", *perceptual, "psnr", "ssim"]
    work = [(["fid"], "10", "25.6"), (perceptual, "8", "15.0"), (four, "13", "41")]
    if setting.tenth:
        work, four = [(["psnr", "ssim"], "", "")], ["psnr", "ssim"]
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        _draw(root, pairs, side)
        (root / INCEPTION).parent.parent.mkdir(parents=True)
        random_inception(root / INCEPTION)
        yield _read(root, pairs)
        for metrics, goal, peer in work:
            if metrics and setting.left > 30:
                timed = _timed(root, pairs, metrics, goal, peer, setting, metrics == four)
                yield from tried(", ".join(metrics), timed, setting)
        if setting.device != "cpu" and setting.left > 40:
            yield from tried("scores of 64 pairs", _checked(root, four), setting)
        if setting.peers:
            yield from _peers(root, pairs, setting)


def _timed(
    root: Path,
    pairs: int,
    metrics: list[str],
    goal: str,
    peer: str,
    setting: Setting,
    marginal: bool,
) -> Iterator[Row]:
    """Whole processes: all pairs, and where the marginal rate is asked for a quarter of them."""
    took = _ours(root, "whole", metrics, setting.device)
    row = f"{', '.join(metrics)} of {pairs:,} pairs, whole process, s"
    yield Row(row, f"{took:.1f}", goal, peer)
    if marginal and setting.left > took + 10:
        few = _ours(root, "few", metrics, setting.device)
        rate = (pairs - pairs // 4) / max(took - few, 1e-9)
        note = f"{pairs // 4} pairs took {few:.1f} s"
        yield Row("marginal rate of these metrics, pairs/s", f"{rate:.0f}", "800", "", [note])


def _ours(root: Path, part: str, metrics: list[str], device: str, *extra: str) -> float:
    """Seconds of a whole process."""
    sides = [str(root / part / side) for side in ("real", "fake")]
    return _process(
        root,
        "-m",
        "siebench",
        "score",
        *sides,
        "--metrics",
        ",".join(metrics),
        "--device",
        device,
        *extra,
    )


def _read(root: Path, pairs: int) -> Row:
    """Pairs a second of the readers alone: what no scoring can outrun."""
    found, _ = find_pairs(root / "whole/real", root / "whole/fake")
    reading = functools.partial(read_pair, space=LabelSpace("none", (), ()), resize_real=False)
    with GroupWork("cpu") as work:
        start = time.perf_counter()
        count = sum(1 for _ in work.read(reading, found))
        took = time.perf_counter() - start
    return Row(f"reading alone, {cores()} threads, pairs/s", f"{count / took:.0f}", "800")


def _checked(root: Path, metrics: list[str]) -> Iterator[Row]:
    """How far the card's scores of 64 pairs are from a CPU's."""
    found = []
    took = 0.0
    for device in ("cpu", "cuda"):
        file = root / f"{device}.json"
        took = _ours(root, "checked", metrics, device, "--json", str(file))
        scores = json.loads(file.read_text())["scores"]
        found.append({row["metric"]: row["value"] for row in scores if row["of"] == "all"})
    apart = {name: abs(found[1][name] - value) / abs(value) for name, value in found[0].items()}
    notes = [f"{name} {value:.1e}" for name, value in apart.items()]
    notes.append(f"the card's process took {took:.1f} s")
    yield Row(
        "scores of 64 pairs, relative to the CPU's", f"{max(apart.values()):.1e}", notes=notes
    )


def _peers(root: Path, pairs: int, setting: Setting) -> Iterator[Row]:
    sides = [str(root / "whole" / side) for side in ("real", "fake")]
    where = ["--device", setting.device]
    known = {
        "pytorch_fid": ("FID", ["fid", *sides, "--batch-size", "64", "--num-workers", "8", *where]),
        "lpips": ("LPIPS", ["lpips", *sides, setting.device]),
        "torch_fidelity": ("FID", ["fidelity", *sides, str(root / INCEPTION)]),
    }
    for package, (metric, arguments) in known.items():
        if importlib.util.find_spec(package) is None or setting.left < 20:
            continue
        if package == "lpips" and not _trunk():
            continue
        row = f"{package}: {metric} of {pairs:,} pairs, whole process, s"
        yield from tried(row, _of_peer(root, row, arguments), setting)


def _of_peer(root: Path, row: str, arguments: list[str]) -> Iterator[Row]:
    took = _process(root, "-m", "tests.speed.gpu_scoring", *arguments)
    yield Row(row, "", "", f"{took:.1f}")


def _process(root: Path, *arguments: str) -> float:
    weights = [str((root / INCEPTION).parent)]
    if os.environ.get("SIEBENCH_WEIGHTS"):
        weights.append(str(Path(os.environ["SIEBENCH_WEIGHTS"]).resolve()))
    settings = {
        "SIEBENCH_WEIGHTS": os.pathsep.join(weights),
        "SIEBENCH_CACHE": tempfile.mkdtemp(dir=root),  # empty, and written as a user's is
        "TORCH_HOME": str(root / "torch"),
    }
    start = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=120,
    )
    if ended.returncode:
        raise ChildProcessError(f"exit code {ended.returncode}: {ended.stderr[-600:]}")
    return time.perf_counter() - start


def _trunk() -> bool:
    """Whether AlexNet's trunk is here."""
    from bench.core.errors import BadInput
    from bench.networks.weights import require

    try:
        require("alexnet")
    except BadInput:
        return False
    return True


def _draw(root: Path, pairs: int, side: int) -> None:
    """Folders of `pairs` PNG files on two sides, and links to the first quarter and the first 64."""
    jobs = [(root / "whole" / which, side, i) for which in ("real", "fake") for i in range(pairs)]
    for which in ("real", "fake"):
        for part, count in (("whole", 0), ("few", pairs // 4), ("checked", min(64, pairs))):
            folder = root / part / which
            folder.mkdir(parents=True)
            for i in range(count):
                (folder / f"{i:05d}.png").symlink_to(root / "whole" / which / f"{i:05d}.png")
    if len(jobs) < 64:
        for job in jobs:
            _image(job)
        return
    with ProcessPoolExecutor(cores()) as pool:
        list(pool.map(_image, jobs, chunksize=64))


def _image(job: tuple[Path, int, int]) -> None:
    """A smooth image with some noise, so that its file is about as large as a photograph's."""
    from PIL import Image

    folder, side, number = job
    draw = np.random.default_rng([number, folder.name == "real"])
    coarse = Image.fromarray(draw.integers(0, 256, (16, 16, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize((side, side), Image.Resampling.BICUBIC)).astype(np.int16)
    image = np.clip(smooth + draw.integers(-6, 7, smooth.shape), 0, 255).astype(np.uint8)
    Image.fromarray(image).save(folder / f"{number:05d}.png")


def _pytorch_fid(arguments: list[str]) -> None:
    import runpy

    from scipy import linalg

    root = linalg.sqrtm
    linalg.sqrtm = lambda matrix, disp=True: (root(matrix), 0.0)  # SciPy 1.18 dropped `disp`
    sys.argv = ["pytorch_fid", *arguments]
    runpy.run_module("pytorch_fid", run_name="__main__")


def _lpips(real: str, fake: str, device: str) -> None:
    """The `lpips` package behind a loader of eight workers."""
    import lpips
    import torch
    from torch.utils.data import DataLoader

    from bench.networks.weights import require

    warnings.simplefilter("ignore")
    network = lpips.LPIPS(net="alex", pnet_rand=True, verbose=False)
    tensors = require("alexnet").load()
    names = network.net.state_dict()
    trunk = {name: tensors["features." + name.split(".", 1)[1]] for name in names}
    network.net.load_state_dict(trunk)
    network.to(device)
    loader = DataLoader(_Pairs(real, fake), batch_size=64, num_workers=8, pin_memory=True)
    with torch.no_grad():
        found = [network(*(side.to(device) for side in pair)).flatten().cpu() for pair in loader]
    print(float(torch.cat(found).mean()))


class _Pairs:
    def __init__(self, real: str, fake: str) -> None:
        self.paths = [(path, Path(fake) / path.name) for path in sorted(Path(real).iterdir())]

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, i: int) -> list[np.ndarray]:
        from PIL import Image

        pair = (np.asarray(Image.open(path).convert("RGB")) for path in self.paths[i])
        return [image.transpose(2, 0, 1).astype(np.float32) / 127.5 - 1 for image in pair]


def _torch_fidelity(real: str, fake: str, weights: str) -> None:
    import torch
    import torch_fidelity

    found = torch_fidelity.calculate_metrics(
        input1=real,
        input2=fake,
        fid=True,
        batch_size=64,
        cuda=torch.cuda.is_available(),
        feature_extractor_weights_path=weights,
        verbose=False,
    )
    print(found)


if __name__ == "__main__":
    tool, *given = sys.argv[1:]
    if tool == "fid":
        _pytorch_fid(given)
    elif tool == "lpips":
        _lpips(*given)
    else:
        _torch_fidelity(*given)
