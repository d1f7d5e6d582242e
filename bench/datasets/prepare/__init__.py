r"""Datasets as their papers cut them, made from the official downloads.

    siebench datasets prepare cityscapes --from leftImg8bit_trainvaltest.zip \
        --from gtFine_trainvaltest.zip --out data/cityscapes

One file per dataset says which files of the archives a scene is made of and how; `carry_out`
writes them whole, goes on where a killed preparation stopped, and keeps a manifest with the SHA-256
of every file and the place of every crop.
"""

from bench.datasets.prepare.carry_out import PREPARATIONS, PreparedFiles, prepare_dataset
from bench.datasets.prepare.preparation import Preparation

__all__ = ["PREPARATIONS", "PreparedFiles", "Preparation", "prepare_dataset"]
