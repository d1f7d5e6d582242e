"""The words of a study's page: a small YAML a language, compiled into the manifest.

English and German ship. A file of one's own has the keys of `languages/en.yaml`. The page shows every
text as text: no HTML in one has any effect.
"""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import Any

from bench.core.documents import parse_yaml, read_yaml
from bench.core.errors import BadInput, unknown
from bench.study.form import Form, Question

__all__ = ["languages", "texts_of"]

_LONGEST = 2000
_LANGUAGE = re.compile("[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


def languages() -> list[str]:
    """The languages that ship."""
    found = (files("bench.study") / "languages").iterdir()
    return sorted(one.name.removesuffix(".yaml") for one in found if one.name.endswith(".yaml"))


def texts_of(language: str, form: Form, question: Question) -> dict[str, str]:
    """The texts of one study: those that every page has, and its question as "question".

    Args:
        language: one that ships ("en", "de"), or the path of a YAML file.
        form: of the study.
        question: of the study.

    Raises:
        BadInput: an unknown language, or a file with a text missing, too long or unknown.
    """
    texts = _read(language)
    kind = {"pair": "question", "pick": "pick", "opinion": "opinion", "timed": "timed"}[form]
    intro = texts["intro_timed" if form == "timed" else "intro"]
    shared = {
        key: text
        for key, text in texts.items()
        if not re.match("(question|pick|opinion|timed|intro)_", key)
    }
    return {**shared, "intro": intro, "question": texts[f"{kind}_{question}"]}


def _shipped(name: str) -> dict[str, str]:
    file = files("bench.study") / "languages" / f"{name}.yaml"
    texts: dict[str, str] = parse_yaml(file.read_text(encoding="utf-8"), f"{name}.yaml")
    return texts


def _read(language: str) -> dict[str, str]:
    if language in languages():
        return _shipped(language)
    if not language.endswith((".yaml", ".yml")):
        raise unknown("language (or a .yaml file)", language, languages())
    texts = read_yaml(Path(language))
    _check(texts, language)
    return dict(texts)


def _check(texts: Any, source: str) -> None:
    wanted = _shipped("en")
    if not isinstance(texts, dict):
        raise BadInput(f"{source}: expected a mapping of texts as in languages/en.yaml")
    lacking = sorted(wanted.keys() - texts.keys())
    if lacking:
        raise BadInput(f"{source}: lacks the texts {', '.join(lacking[:5])}; add them")
    for key, text in texts.items():
        if key not in wanted:
            raise BadInput(f"{source}: {unknown('text', str(key), wanted)}")
        if not isinstance(text, str) or not 0 < len(text) <= _LONGEST:
            raise BadInput(f"{source}: {key}: expected a text of at most {_LONGEST} characters")
    if not _LANGUAGE.fullmatch(texts["language"]):
        raise BadInput(f"{source}: language: expected a code as in en or pt-BR")
