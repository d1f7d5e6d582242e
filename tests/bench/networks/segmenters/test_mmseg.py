"""A tiny mmsegmentation network with local weights runs, with nothing compiled."""

from importlib.util import find_spec

import numpy as np
import pytest

from bench.core.errors import BadInput
from bench.core.identity import Difference, differences
from bench.networks.segmenters import make_segmenter
from bench.networks.segmenters.mmseg import MmsegSegmenter
from bench.networks.weights import WeightsMissing

if any(find_spec(name) is None for name in ("mmseg", "mmcv", "mmengine", "ftfy", "regex")):
    pytest.skip("the extra `mmseg` is not installed", allow_module_level=True)

CONFIG = """
norm = dict(type="BN", requires_grad=True)
model = dict(
    type="EncoderDecoder",
    data_preprocessor=dict(
        type="SegDataPreProcessor",
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    ),
    pretrained="open-mmlab://resnet18_v1c",
    backbone=dict(
        type="ResNetV1c", depth=18, base_channels=8, stem_channels=8, num_stages=4,
        out_indices=(0, 1, 2, 3), dilations=(1, 1, 1, 1), strides=(1, 2, 2, 2), norm_cfg=norm,
    ),
    decode_head=dict(
        type="FCNHead", in_channels=64, in_index=3, channels=8, num_convs=1, concat_input=False,
        num_classes=19, norm_cfg=norm, align_corners=False,
    ),
    test_cfg=dict(mode="whole"),
)
dataset_type = "CityscapesDataset"
test_pipeline = [
    dict(type="LoadImageFromFile"),
    dict(type="Resize", scale=(128, 64), keep_ratio=True),
    dict(type="LoadAnnotations"),
    dict(type="PackSegInputs"),
]
"""


CASCADE = (
    CONFIG.replace('"EncoderDecoder"', '"CascadeEncoderDecoder", num_stages=2')
    .replace("decode_head=dict(", "decode_head=[dict(")
    .replace(
        """    ),
    test_cfg""",
        """    ), dict(
        type="OCRHead", in_channels=64, in_index=3, channels=8, ocr_channels=4, num_classes=19,
        norm_cfg=norm, align_corners=False,
    )],
    test_cfg""",
    )
)
"""As OCRNet has it: a head that refines what another one says."""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A config and a random checkpoint."""
    return written(tmp_path_factory.mktemp("mmseg"), CONFIG)


def written(folder, text):
    """A config of that text, and a checkpoint of its network with random tensors."""
    import torch

    from bench.networks.segmenters import mmseg

    config, checkpoint = folder / "tiny.py", folder / "tiny.pth"
    config.write_text(text)
    mmseg._stand_in_for_compiled_operations()
    from mmengine.config import Config
    from mmseg.registry import MODELS
    from mmseg.utils import register_all_modules

    register_all_modules()
    settings = Config.fromfile(str(config)).model
    settings.pretrained = None
    torch.manual_seed(0)
    torch.save({"state_dict": MODELS.build(settings).state_dict(), "meta": {}}, checkpoint)
    return config, checkpoint


@pytest.fixture(scope="module")
def segmenter(files):
    return make_segmenter(f"mmseg:{files[0]},{files[1]}")


def test_every_pixel_is_named_at_the_images_own_size(segmenter):
    images = np.random.default_rng(0).integers(0, 256, (2, 40, 56, 3), dtype=np.uint8)
    labels = segmenter.segment(images)
    assert labels.shape == (2, 40, 56)
    assert labels.dtype == np.int32
    assert labels.min() >= 0
    assert labels.max() < 19


def test_its_classes_are_the_datasets(segmenter):
    assert segmenter.space.classes[:3] == ("road", "sidewalk", "building")


def test_a_network_of_several_heads_has_the_classes_of_its_last(tmp_path):
    config, checkpoint = written(tmp_path, CASCADE)
    classes = make_segmenter(f"mmseg:{config},{checkpoint}").space.classes
    assert (len(classes), classes[:2]) == (19, ("road", "sidewalk"))


def test_its_identity_is_its_tensors_and_its_pipeline(segmenter):
    identity = segmenter.identity()
    assert len(identity["tensors"]) == 64
    assert any("Resize" in step for step in identity["pipeline"])


def test_the_same_network_with_other_names_of_its_classes_is_another_identity(files, tmp_path):
    config = tmp_path / "tiny.py"
    config.write_text(CONFIG.replace("CityscapesDataset", "SomeDataset"))
    first, other = (MmsegSegmenter(one, files[1]) for one in (files[0], config))
    assert other.space.classes[:2] == ("class 0", "class 1")
    (found,) = differences(first.identity(), other.identity())
    assert found == Difference("classes", list(first.space.classes), list(other.space.classes))


def test_a_checkpoint_of_another_network_is_refused(files, tmp_path):
    import torch

    torch.save({"state_dict": {"weight": torch.zeros(3)}}, tmp_path / "other.pth")
    with pytest.raises(BadInput, match=r"other\.pth: does not fit"):
        make_segmenter(f"mmseg:{files[0]},{tmp_path / 'other.pth'}")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(WeightsMissing, match=r"gone\.py: there is no such file"):
        make_segmenter(f"mmseg:{tmp_path / 'gone.py'},{tmp_path / 'gone.pth'}")


def test_files_may_lie_in_the_users_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "there.py").touch()
    with pytest.raises(WeightsMissing, match=f"{tmp_path}/gone.pth: there is no such file"):
        make_segmenter("mmseg:~/there.py,~/gone.pth")


@pytest.mark.parametrize(
    "text", ["model = (", "import sys\nsys.exit(3)\n", "a = 1\n", "raise KeyError"]
)
def test_a_config_that_is_none_is_one_sentence(tmp_path, text):
    config, checkpoint = tmp_path / "config.py", tmp_path / "c.pth"
    config.write_text(text)
    checkpoint.touch()
    with pytest.raises(BadInput, match=r"segmenter 'mmseg:.*config\.py") as refused:
        make_segmenter(f"mmseg:{config},{checkpoint}")
    assert "\n" not in str(refused.value)
