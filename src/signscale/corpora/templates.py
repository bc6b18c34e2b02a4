"""The sentences that stand for clips which come with a word or a letter but no text.

The paper turns an isolated gloss into "This word is apple."; a template for each spoken language is our interpretation.
The letter and word sentences of the embedded corpus are ours: its glosses are letters, which the paper has none of.
"""

from collections.abc import Sequence

from signscale.errors import SignScaleError

# Sign language (ISO 639-3) -> sentence around a gloss, in the spoken language around that sign language.
_GLOSS_SENTENCES = {
    "ase": "This word is {}.",
    "bfi": "This word is {}.",
    "csl": "这个词是{}。",
    "gsg": "Dieses Wort ist {}.",
}


def gloss_sentence(gloss: str, language: str) -> str:
    """The sentence of an isolated gloss; raises SignScaleError for a sign language without a template."""
    if language not in _GLOSS_SENTENCES:
        raise SignScaleError(
            f"sign language {language!r} has no sentence template; "
            f"add one to corpora/templates.py beside {', '.join(_GLOSS_SENTENCES)}"
        )
    return _GLOSS_SENTENCES[language].format(gloss)


def letter_sentence(letter: str) -> str:
    """The English sentence of one signed letter, as listed: Ä gives "This is the letter Ä."."""
    return f"This is the letter {letter}."


def spelled_sentence(word: str, letters: Sequence[str]) -> str:
    """The English sentence of a spelled word: lake gives "This word is lake, spelled L A K E.".

    The letters stand one by one so that the similarity of words and frames has something to align with each sign.
    """
    return f"This word is {word}, spelled {' '.join(letters)}."
