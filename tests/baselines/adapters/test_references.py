"""A reference is read once, whoever asks: its content is what counts."""

import torch

from baselines.adapters import references
from baselines.adapters.references import ReadReferences
from bench.batch import Reference


def reference(level, name="scene", instances=None):
    image, labels = torch.full((3, 4, 4), float(level)), torch.zeros(4, 4, dtype=torch.long)
    return Reference(name, image, labels, instances)


def reader():
    calls = []

    def read(one):
        calls.append(one)
        return one.image.mean().item()

    return ReadReferences(read), calls


def test_the_same_content_is_read_once_even_from_another_tensor():
    styles, calls = reader()
    assert [styles(reference(0.5)), styles(reference(0.5, name="another name"))] == [0.5, 0.5]
    assert len(calls) == 1


def test_another_scene_of_the_same_name_is_read_itself():
    styles, _ = reader()
    assert styles(reference(0.5)) == 0.5
    assert styles(reference(0.25)) == 0.25


def test_instances_are_part_of_the_content():
    styles, calls = reader()
    for instances in (None, torch.zeros(4, 4, dtype=torch.long), torch.eye(4).long()):
        styles(reference(0.5, instances=instances))
    assert len(calls) == 3


def test_what_was_asked_for_longest_ago_is_forgotten_first(monkeypatch):
    monkeypatch.setattr(references, "KEPT", 2)
    styles, calls = reader()
    for level in (1, 2, 1, 3, 1, 2):
        styles(reference(level))
    assert [call.image.mean().item() for call in calls] == [1, 2, 3, 2]
