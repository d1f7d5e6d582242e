"""What a trained network keeps of its training scenes' styles.

In the form in which imported official files have them: DivSem's bank of region vectors by class
(docs/protocol/editing.md, B.3), SEAN's mean code of every class (docs/protocol/generation.md, C.5),
Pix2PixHD's clusters of features by class (docs/protocol/rivals.md, B.2).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import torch
from torch import Tensor

from baselines.divsem import DivSem
from baselines.layers.region_style import number_regions, separate_regions
from baselines.pix2pixhd import FeatureEncoder
from baselines.sean import SEANGenerator
from baselines.siedob import SIEDOBConfig
from baselines.siedob.assembly import Crops, cut, objects_of, visible_objects
from baselines.training.data import Examples, collate
from bench.batch import EditBatch

__all__ = ["object_bank", "feature_clusters", "mean_codes", "style_bank"]

SCENES = 512
"""Scenes that are looked at, at most."""

CLUSTERS = 10
"""Clusters of a class's features."""

OBJECTS = 6
"""Objects that SIEDOB's bank keeps of a class, at most: whole images, which outweigh a small network."""

EACH = 64
"""Vectors that the bank keeps of a class, at most."""


def style_bank(
    network: DivSem, examples: Examples, device: torch.device, scenes: int = SCENES
) -> dict[str, Tensor]:
    """Region means of whole images: "style_bank" [N,D] and "style_bank_classes" int64 [N].

    The first vectors of each class in the order of the stream; images are BGR, as in training.
    """
    found: dict[int, list[Tensor]] = defaultdict(list)
    for batch in _batches(examples, device, scenes):
        assert batch.original is not None
        regions = separate_regions(batch.labels, batch.instances)
        with torch.inference_mode():
            seen = network.zencoder.read(
                batch.original.flip(1), torch.zeros_like(batch.masked_region[:, 0]), regions
            )
        for label, vector in zip(seen.labels(batch.labels).tolist(), seen.means.float().cpu()):
            if label >= 0 and len(found[label]) < EACH:
                found[label].append(vector)
    pairs = [(label, vector) for label in sorted(found) for vector in found[label]]
    return {
        "style_bank": torch.stack([vector for _, vector in pairs]),
        "style_bank_classes": torch.tensor([label for label, _ in pairs]),
    }


def mean_codes(
    network: SEANGenerator, examples: Examples, device: torch.device, scenes: int = SCENES
) -> dict[str, Tensor]:
    """Mean code of each class over the images that show it.

    Returns:
        "mean_codes" [classes,E*D], zero where no image shows the class, and "mean_codes_known".
    """
    classes, length = network.config.classes, network.config.code_length
    sums, shown = torch.zeros(classes, length), torch.zeros(classes)
    for batch in _batches(examples, device, scenes):
        assert batch.original is not None
        with torch.inference_mode():
            codes, there = network.encode(batch.original, batch.labels)
        sums += codes.float().sum(0).cpu()
        shown += there.float().sum(0).cpu()
    return {
        "mean_codes": sums / shown.clamp(min=1).unsqueeze(1),
        "mean_codes_known": shown > 0,
    }


def feature_clusters(
    encoder: FeatureEncoder, examples: Examples, device: torch.device, scenes: int = SCENES
) -> dict[str, Tensor]:
    """At most ten k-means centres of each class's features over the training instances.

    An instance counts where it covers more than 1/64 of the image; its features are those of its
    middle pixel (position count div 2 in raster order), which the encoder has pooled over the instance
    like all that the generator is painted with.

    Returns:
        "feature_clusters" [N,features] and "feature_clusters_classes" int64 [N].
    """
    found: dict[int, list[Tensor]] = defaultdict(list)
    for batch in _batches(examples, device, scenes):
        assert batch.original is not None
        regions, items = number_regions(separate_regions(batch.labels, batch.instances))
        with torch.inference_mode():
            features = encoder(batch.original, regions)[0].flatten(1).float().cpu()
        labels, places = batch.labels.flatten().cpu(), regions.flatten().cpu()
        for region in range(len(items)):
            pixels = (places == region).nonzero()[:, 0]
            middle = int(pixels[len(pixels) // 2])
            if 64 * len(pixels) > len(places) and int(labels[middle]) >= 0:
                found[int(labels[middle])].append(features[:, middle])
    centres = {label: _centres(torch.stack(found[label])) for label in sorted(found)}
    if not centres:
        return {}
    rows = [torch.full((len(one),), label) for label, one in centres.items()]
    return {
        "feature_clusters": torch.cat(list(centres.values())),
        "feature_clusters_classes": torch.cat(rows),
    }


def _centres(vectors: Tensor) -> Tensor:
    """K-means centres [K,D] of vectors [N,D]; the vectors themselves where there are no more than K."""
    from scipy.cluster.vq import kmeans

    distinct: Tensor = torch.unique(vectors, dim=0)
    if len(distinct) <= CLUSTERS:
        return distinct
    centres, _ = kmeans(distinct.double().numpy(), CLUSTERS, seed=0)
    return torch.tensor(centres, dtype=torch.float32)


def _batches(examples: Examples, device: torch.device, scenes: int) -> Iterator[EditBatch]:
    # One image at a time: the scenes may differ in size.
    for number in range(min(scenes, len(examples))):
        yield collate([examples.example(number)], examples.space, device)


def object_bank(
    config: SIEDOBConfig, examples: Examples, *, scenes: int = SCENES, each: int = OBJECTS
) -> dict[str, Tensor]:
    """Objects of whole images, at most `each` of a class, in the form of imported ones.

    The largest object of each class in each scene, in the order of the stream.

    Returns:
        "style_images" uint8 [N,3,S,S] RGB, "style_instances" bool [N,S,S] and "style_labels"
        int64 [N]; nothing where no scene shows any.
    """
    found: dict[int, list[Crops]] = defaultdict(list)
    for batch in _batches(examples, torch.device("cpu"), scenes):
        assert batch.original is not None
        objects = objects_of(batch.labels, batch.instances, config)
        nothing = torch.zeros_like(batch.labels, dtype=torch.bool)
        shown = visible_objects(batch.labels, objects, nothing, config)
        first = {one.kind: one for one in reversed(shown)}  # the largest last
        for kind, one in sorted(first.items()):
            if len(found[kind]) < each:
                found[kind].append(cut(batch.original, nothing, [one], config.object_size))
    crops = [(config.objects[kind].label, one) for kind in sorted(found) for one in found[kind]]
    if not crops:
        return {}
    images = torch.cat([one.image for _, one in crops])
    return {
        "style_images": ((images + 1) * 127.5).round().clamp(0, 255).byte(),
        "style_instances": torch.cat([one.instance for _, one in crops]),
        "style_labels": torch.tensor([label for label, _ in crops]),
    }
