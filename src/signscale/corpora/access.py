"""What stands in the way of a corpus that is not fetched but dropped in, in one line."""

from pathlib import Path

from signscale.corpora import load_corpus
from signscale.errors import SignScaleError

_SIGNED = ("research agreement", "BBC research licence")
"""Licences that a person signs: they allow nobody else a copy, in whatever form, nor a model of it."""


def is_signed(licence: str) -> bool:
    """Whether a licence has to be signed; nothing of such a corpus may be passed on."""
    return licence.startswith(_SIGNED)


def missing_access(name: str, raw: Path) -> str:
    """The line on a corpus that is not under its folder `raw`: what is missing, its licence, how to get it.

    Empty if the corpus is there or needs no signature. Raises SignScaleError on an unknown corpus.
    """
    corpus = load_corpus(name)
    if corpus.access != "manual":
        return ""
    try:
        corpus.check_access(raw)
    except SignScaleError as missing:
        return f"{corpus.title} is left out ({corpus.licence}). {missing}"
    return ""
