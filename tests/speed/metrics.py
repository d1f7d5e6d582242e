"""How fast the metrics are beside the tools that people use; run by hand, nothing is asserted.

    SIEBENCH_WEIGHTS=FOLDER python tests/speed/metrics.py [--pairs 256] [--repeats 3] [WORK ...]

FOLDER holds an AlexNet trunk. Inception's weights are random, the same file for both sides. Every job is
a fresh process, imports included; ours and the peer's alternate, and the medians are compared, in
wall seconds and in CPU seconds (which a busy machine disturbs less). WORK is
some of: frechet-500, frechet-5000, fid, four, second, method, confusion. `second` scores a folder in
a process of its own, with the features of real images on disk; `method` is what a run of two
methods takes beyond a run of one, edits and images of the run included.
"""

import argparse
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import yaml

SIDE = 256


def features(n, d=2048):
    draw = np.random.default_rng(n)
    spectrum = np.arange(1, d + 1) ** -0.5
    real = draw.normal(size=(n, d)) * spectrum
    return real.astype(np.float32), (0.9 * real + 0.3 * draw.normal(size=(n, d)) * spectrum).astype(
        np.float32
    )


def timed(job):
    """Wall seconds and CPU seconds, the latter with those of finished child processes."""
    start = time.perf_counter(), processor_seconds()
    job()
    return np.array([time.perf_counter() - start[0], processor_seconds() - start[1]])


def processor_seconds():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def frechet(who, n):
    """Seconds from features to the distance, libraries imported before."""
    from scipy import linalg

    real, fake = features(n)
    if who == "ours":
        from bench.metrics.frechet import frechet_distance

        return timed(lambda: frechet_distance(real, fake))
    from pytorch_fid.fid_score import calculate_frechet_distance

    root = linalg.sqrtm
    linalg.sqrtm = lambda matrix, disp=True: (root(matrix), 0.0)  # SciPy 1.18 dropped `disp`

    def peer():
        moments = [(np.mean(x, axis=0), np.cov(x, rowvar=False)) for x in (real, fake)]
        calculate_frechet_distance(*moments[0], *moments[1])

    return timed(peer)


def confusion(who, count=500):
    """Seconds for `count` maps of 512x256 with one thread: blocks, as label maps are, some noise."""
    import torch

    torch.set_num_threads(1)
    draw = np.random.default_rng(0)
    truth = draw.integers(0, 19, (16, 32)).repeat(16, axis=0).repeat(16, axis=1).astype(np.int32)
    named = np.where(draw.random(truth.shape) < 0.02, 0, truth).astype(np.int32)
    if who == "ours":
        from bench.metrics.confusion import confusion as counted

        return timed(lambda: [counted(truth, named, 19) for _ in range(count)])
    from bench.networks.segmenters import mmseg

    mmseg._stand_in_for_compiled_operations()
    from mmseg.evaluation.metrics import IoUMetric

    one, two = torch.from_numpy(named).long(), torch.from_numpy(truth).long()
    return timed(lambda: [IoUMetric.intersect_and_union(one, two, 19, 255) for _ in range(count)])


def random_inception(path):
    import torch

    from bench.networks.weights import network

    draw = torch.Generator().manual_seed(0)
    state = {"fc.weight": torch.zeros(1008, 2048), "fc.bias": torch.zeros(1008)}
    for name, shape in network("inception-fid").tensors().items():
        if name.endswith("running_var"):
            state[name] = torch.rand(shape, generator=draw) + 0.5
        elif len(shape) == 1:
            state[name] = float(name.endswith("bn.weight")) + 0.1 * torch.randn(
                shape, generator=draw
            )
        else:
            spread = (2 / math.prod(shape[1:])) ** 0.5
            state[name] = spread * torch.randn(shape, generator=draw)
        if name.endswith("running_mean"):
            state[name.replace("running_mean", "num_batches_tracked")] = torch.tensor(0)
    path.parent.mkdir(parents=True)
    torch.save(state, path)


def folders(root, pairs):
    from PIL import Image

    draw = np.random.default_rng(0)
    for side in ("real", "fake", "other"):
        (root / side).mkdir()
        for i in range(pairs):
            coarse = draw.integers(0, 256, (16, 16, 3), dtype=np.uint8)
            image = Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
            image.save(root / side / f"{i:04d}.png")
    (root / "data/labels").mkdir(parents=True)
    (root / "data/images").symlink_to(root / "real")
    for image in (root / "real").iterdir():
        Image.new("L", (SIDE, SIDE)).save(root / "data/labels" / image.name)


def ours(root, names):
    from bench.run.score import score_folders

    score_folders(root / "real", root / "fake", metrics=names)


def run_of(root, methods):
    """A run of methods whose images are there already, in a new directory."""
    from bench.run.suite_run import run_suite

    suite = {
        "name": "speed",
        "composite": "none",
        "datasets": {"made": {"dataset": "folder", "path": str(root / "data"), "fit": "native"}},
        "tasks": [{"dataset": "made", "protocol": "freeform@1"}],
        "methods": [
            {"name": side, "editor": "folder", "options": {"path": str(root / side)}}
            for side in methods
        ],
        "metrics": FOUR,
    }
    with tempfile.TemporaryDirectory() as out:
        path = Path(out) / "speed.yaml"
        path.write_text(yaml.safe_dump(suite), encoding="utf-8")
        run_suite(path, out=Path(out) / "run")


def lpips_peer(root):
    """The `lpips` package over two folders, as its lpips_2dirs.py does."""
    import lpips
    import torch

    from bench.networks.weights import require

    warnings.simplefilter("ignore")
    network = lpips.LPIPS(net="alex", pnet_rand=True, verbose=False)
    tensors = require("alexnet").load()
    names = network.net.state_dict()
    network.net.load_state_dict(
        {name: tensors["features." + name.split(".", 1)[1]] for name in names}
    )
    with torch.no_grad():
        for path in sorted((root / "real").iterdir()):
            pair = [
                lpips.im2tensor(lpips.load_image(str(p))) for p in (path, root / "fake" / path.name)
            ]
            network(*pair)


def skimage_peer(root, what):
    from skimage.io import imread
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity

    for path in sorted((root / "real").iterdir()):
        pair = imread(path), imread(root / "fake" / path.name)
        if what == "psnr":
            peak_signal_noise_ratio(*pair, data_range=255)
        else:
            structural_similarity(
                *(image @ np.array([0.299, 0.587, 0.114]) for image in pair),
                gaussian_weights=True,
                sigma=1.5,
                use_sample_covariance=False,
                data_range=255,
            )


def process(root, *arguments, cache=""):
    """Seconds of a fresh process."""
    weights = os.pathsep.join([str(root / "torch/hub/checkpoints"), os.environ["SIEBENCH_WEIGHTS"]])
    settings = {
        "SIEBENCH_WEIGHTS": weights,
        "SIEBENCH_CACHE": cache,
        "TORCH_HOME": str(root / "torch"),
    }
    command = [sys.executable, *arguments]
    return timed(
        lambda: subprocess.run(
            command, env={**os.environ, **settings}, check=True, stdout=subprocess.DEVNULL
        )
    )


def job(root, name, cache=""):
    return process(root, __file__, "--job", name, str(root), cache=cache)


def pytorch_fid(root):
    return process(root, "-m", "pytorch_fid", str(root / "real"), str(root / "fake"))


FOUR = ["psnr", "ssim", "lpips-alex", "fid"]


def four_peers(root):
    return pytorch_fid(root) + sum(job(root, name) for name in ("lpips", "psnr", "ssim"))


def fresh(who, call):
    """A measurement that times itself, in a process of its own."""
    told = subprocess.run(
        [sys.executable, __file__, "--measure", who, *call],
        check=True,
        capture_output=True,
        text=True,
    )
    return np.array([float(word) for word in told.stdout.split()[-2:]])


def second_method(root):
    return job(root, "ours-run-two") - job(root, "ours-run-one")


def works(root):
    cache = str(root / "cache")
    return {
        "frechet-500": [lambda who=who: fresh(who, ["frechet", "500"]) for who in ("ours", "peer")],
        "frechet-5000": [
            lambda who=who: fresh(who, ["frechet", "5000"]) for who in ("ours", "peer")
        ],
        "confusion": [lambda who=who: fresh(who, ["confusion", "500"]) for who in ("ours", "peer")],
        "fid": [lambda: job(root, "ours-fid"), lambda: pytorch_fid(root)],
        "four": [lambda: job(root, "ours-four"), lambda: four_peers(root)],
        "second": [lambda: job(root, "ours-four", cache=cache), lambda: four_peers(root)],
        "method": [lambda: second_method(root), lambda: four_peers(root)],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", nargs="*")
    parser.add_argument("--pairs", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        folders(root, options.pairs)
        random_inception(root / "torch/hub/checkpoints/pt_inception-2015-12-05-6726825d.pth")
        table = works(root)
        if "second" in (options.work or table):
            job(root, "ours-four", cache=str(root / "cache"))  # the first method fills the cache
        for work in options.work or table:
            first, second = table[work]
            rounds = [(first(), second()) for _ in range(options.repeats)]
            one, two = np.median(rounds, axis=0)
            for kind, ours, peer in zip(("wall", "CPU"), one, two):
                told = f"{work:14} {kind:4} ours {ours:8.3f} s   peer {peer:8.3f} s"
                print(f"{told}   {peer / ours:6.1f}x", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--job"]:
        name, root = sys.argv[2], Path(sys.argv[3])
        if name == "lpips":
            lpips_peer(root)
        elif name.startswith("ours-run"):
            run_of(root, ["fake"] if name == "ours-run-one" else ["fake", "other"])
        elif name.startswith("ours"):
            ours(root, FOUR if name == "ours-four" else ["fid"])
        else:
            skimage_peer(root, name)
    elif sys.argv[1:2] == ["--measure"]:
        who, what, size = sys.argv[2:]
        print(*{"frechet": frechet, "confusion": confusion}[what](who, int(size)))
    else:
        main()
