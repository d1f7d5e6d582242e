import pytest

from baselines.external.command import Command
from bench.core.errors import BadInput
from bench.plugins.editors import create_editor

OPTIONS = {"command": "python {edits} {images}", "folder": "work"}


def test_a_suite_cannot_agree_on_its_users_behalf():
    with pytest.raises(BadInput, match="options cannot say `trust`"):
        create_editor("command", {**OPTIONS, "trust": True})


def test_without_agreement_the_sentence_says_what_would_run():
    with pytest.raises(BadInput, match=r"would run the program .*python .*agree with `--trust`"):
        create_editor("command", OPTIONS)


def test_with_agreement_the_editor_is_made():
    assert isinstance(create_editor("command", OPTIONS, trust=True), Command)
