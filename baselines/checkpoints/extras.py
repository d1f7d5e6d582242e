"""Style codes on disk: SEAN's mean codes, DivSem's bank, Pix2PixHD's clusters (docs/protocol)."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from baselines.checkpoints.reading import read_array, read_pickle
from bench.core.errors import BadInput

__all__ = ["read_feature_clusters", "read_mean_codes", "read_style_bank"]


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
