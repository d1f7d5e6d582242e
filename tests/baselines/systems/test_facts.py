"""A system's parts belong together, and its facts are true of the rest of the house."""

import pytest

from baselines.checkpoints import OfficialFile, OfficialParts
from baselines.systems import (
    divsem,
    him,
    pix2pixhd,
    sae,
    sean,
    segmenter,
    semanticstylegan,
    sesame,
    siedob,
    spade,
    spmpgan,
    ssae,
)
from baselines.training.config import read_config
from baselines.training.trainer import RecipeTrainer
from bench.datasets.spaces import read_space
from bench.plugins.kinds import EDITORS

MODULES = (
    divsem,
    him,
    pix2pixhd,
    sae,
    sean,
    segmenter,
    semanticstylegan,
    sesame,
    siedob,
    spade,
    spmpgan,
    ssae,
)
SYSTEMS = [module.SYSTEM for module in MODULES]


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_its_editor_is_the_registered_one_and_knows_the_same_variants(system):
    if system.editor is None:
        assert system.name not in EDITORS.names()
        return
    assert EDITORS.get(system.name) is system.editor
    assert system.editor.system == system.name
    assert list(system.editor.variants) == list(system.variants)


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_its_trainer_trains_it(system):
    assert isinstance(system.trainer, RecipeTrainer)
    assert {read_config(preset).system for preset in system.trainer.presets} == {system.name}


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_the_label_spaces_of_official_weights_are_known_and_of_its_variants(system):
    if not isinstance(system.importer, (OfficialFile, OfficialParts)):
        assert system.lacks["importer"]
        return
    for variant, space in system.importer.spaces.items():
        # Cityscapes' released networks have a channel more than it has ids.
        assert system.variants[variant]["classes"] - len(read_space(space)) in (0, 1)
