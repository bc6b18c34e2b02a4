"""Sentences for clips without text."""

import pytest

from signscale.corpora.templates import gloss_sentence, letter_sentence, spelled_sentence
from signscale.errors import SignScaleError


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("ase", "This word is apple."),
        ("bfi", "This word is apple."),
        ("gsg", "Dieses Wort ist apple."),
        ("csl", "这个词是apple。"),
    ],
)
def test_a_gloss_gets_the_sentence_of_its_language(language, sentence):
    assert gloss_sentence("apple", language) == sentence


def test_a_language_without_template_is_an_error():
    with pytest.raises(SignScaleError, match="'xyz' has no sentence template; add one"):
        gloss_sentence("apple", "xyz")


def test_letters_and_spelled_words():
    assert letter_sentence("Ä") == "This is the letter Ä."
    assert spelled_sentence("lake", "LAKE") == "This word is lake, spelled L A K E."
