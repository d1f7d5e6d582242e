"""Styles on disk: SEAN's mean codes, DivSem's bank, Pix2PixHD's clusters, SIEDOB's objects."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from baselines.checkpoints.reading import read_array, read_pickle
from bench.core.errors import BadInput
from bench.core.images import image_files, read_image, read_mask

__all__ = ["read_feature_clusters", "read_mean_codes", "read_object_bank", "read_style_bank"]


def read_mean_codes(folder: Path, classes: int, length: int) -> dict[str, Tensor]:
    """SEAN's mean codes: FOLDER/<class>/ACE.npy, float32 [length]; a class may be absent.

    Returns:
        "mean_codes" float32 [classes,length] and "mean_codes_known" bool [classes].

    Raises:
        BadInput: no code at all, an unreadable one, or one of another length.
    """
    codes = torch.zeros(classes, length)
    known = torch.zeros(classes, dtype=torch.bool)
    for label in range(classes):
        path = folder / str(label) / "ACE.npy"
        if not path.is_file():
            continue
        array = read_array(path)
        if array.shape != (length,):
            raise BadInput(f"{path}: shape {list(array.shape)}, expected [{length}]")
        codes[label] = torch.from_numpy(array.astype("float32"))
        known[label] = True
    if not known.any():
        raise BadInput(f"{folder}: no mean code <class>/ACE.npy for any of {classes} classes")
    return {"mean_codes": codes, "mean_codes_known": known}


def read_feature_clusters(folder: Path, classes: int, features: int) -> dict[str, Tensor]:
    """Pix2PixHD's clusters of features: FOLDER/<class>.npy, [K,features]; a class may be absent.

    The published file is a pickled dictionary, which is not read; the sentence has the command that
    makes the folder of it.

    Returns:
        "feature_clusters" float32 [N,features] and "feature_clusters_classes" int64 [N].

    Raises:
        BadInput: no clusters at all, a variant without features, or centres of another length.
    """
    if not features:
        raise BadInput(f"{folder}: the variant has no features; leave --style-codes out")
    if folder.is_file():
        raise BadInput(
            f"{folder}: expected a folder with one CLASS.npy each; where you trust whoever made the "
            f'file, make it with `python -c "import numpy as np, pathlib; d = pathlib.Path('
            f"'clusters'); d.mkdir(); [np.save(d / str(k), v) for k, v in np.load({str(folder)!r}, "
            "allow_pickle=True, encoding='latin1').item().items()]\"`, which runs what it carries"
        )
    rows: list[Tensor] = []
    labels: list[int] = []
    for label in range(classes):
        path = folder / f"{label}.npy"
        if not path.is_file():
            continue
        array = read_array(path)
        if array.ndim != 2 or array.shape[1] != features:
            raise BadInput(f"{path}: shape {list(array.shape)}, expected [any, {features}]")
        rows += list(torch.from_numpy(array.astype("float32")))
        labels += [label] * len(array)
    if not rows:
        raise BadInput(f"{folder}: no clusters <class>.npy for any of {classes} classes")
    return {"feature_clusters": torch.stack(rows), "feature_clusters_classes": torch.tensor(labels)}


def read_style_bank(path: Path, length: int) -> dict[str, Tensor]:
    """DivSem's style bank: a mapping class -> list of codes [length].

    Returns:
        "style_bank" float32 [N,length] and "style_bank_classes" int64 [N].

    Raises:
        BadInput: where the file holds something else.
    """
    content = read_pickle(path)
    if not isinstance(content, dict) or not content:
        raise BadInput(f"{path}: expected a mapping of classes to lists of style codes")
    rows: list[Tensor] = []
    labels: list[int] = []
    for label, codes in content.items():
        if not str(label).isdigit() or not isinstance(codes, (list, tuple, Tensor)):
            raise BadInput(f"{path}: entry {label!r}: expected a class number and a list of codes")
        for code in codes:
            if not isinstance(code, Tensor) or code.numel() != length:
                raise BadInput(f"{path}: class {label}: expected codes of length {length}")
            rows.append(code.reshape(length).float())
            labels.append(int(label))
    if not rows:
        raise BadInput(f"{path}: no style code in any of {len(content)} classes")
    return {"style_bank": torch.stack(rows), "style_bank_classes": torch.tensor(labels)}


def read_object_bank(folder: Path, labels: Mapping[str, int], size: int) -> dict[str, Tensor]:
    """SIEDOB's objects: FOLDER/<class>/images/NAME.jpg with FOLDER/<class>/inst_mask/NAME.png.

    Each is stretched to a square, images bilinear, masks (0 or 255) nearest.

    Args:
        folder: has one folder for each class.
        labels: class name -> label.
        size: side of the square.

    Returns:
        "style_images" uint8 [N,3,size,size] RGB, "style_instances" bool [N,size,size] and
        "style_labels" int64 [N].

    Raises:
        BadInput: a class without its folder, an image without its mask, or a file that is no image.
    """
    images: list[Tensor] = []
    instances: list[Tensor] = []
    numbers: list[int] = []
    for name, label in labels.items():
        if not (folder / name / "images").is_dir():
            raise BadInput(
                f"{folder}: no objects of class {name!r}; put images into {name}/images and their "
                f"masks into {name}/inst_mask"
            )
        for stem, path in image_files(folder / name / "images").items():
            mask = read_mask(folder / name / "inst_mask" / f"{stem}.png")
            image = torch.from_numpy(read_image(path)).permute(2, 0, 1).float()
            images.append(_square(image, size, "bilinear").round().byte())
            instances.append(_square(torch.from_numpy(mask)[None].float(), size, "nearest")[0] > 0)
            numbers.append(label)
    if not numbers:
        raise BadInput(f"{folder}: no image of an object in any of {len(labels)} classes")
    return {
        "style_images": torch.stack(images),
        "style_instances": torch.stack(instances),
        "style_labels": torch.tensor(numbers),
    }


def _square(planes: Tensor, size: int, mode: str) -> Tensor:
    corners = None if mode == "nearest" else False
    return F.interpolate(planes[None], (size, size), mode=mode, align_corners=corners)[0]
