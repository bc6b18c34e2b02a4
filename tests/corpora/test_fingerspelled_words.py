"""Spelled words: no word, clip or sign language in two splits, and letters that really spell the word."""

from collections import Counter

import pytest

from signscale.corpora import fingerspelling
from signscale.corpora.fingerspelled_words import CORPUS, choose, word_split, words

ALPHABET = set("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


@pytest.fixture
def samples(letters_raw):
    return list(CORPUS.samples(letters_raw))


def _word(sample):
    return sample.sample_id.rpartition("/")[2]


def test_splits_share_no_word_no_clip_no_language(samples):
    for key in (lambda s: {_word(s)}, lambda s: set(s.clip.split("+")), lambda s: {s.language}):
        seen = [set().union(*(key(s) for s in samples if s.split == split)) for split in ("train", "dev", "test")]
        assert not (seen[0] & seen[1] or seen[0] & seen[2] or seen[1] & seen[2])


def test_languages_are_in_the_split_of_their_letters(samples):
    assert all(sample.split == fingerspelling.split_of(sample.language) for sample in samples)


def test_sizes_are_as_documented(samples):
    assert Counter(sample.split for sample in samples) == {"train": 396, "dev": 60, "test": 120}
    assert Counter(map(word_split, words())) == {"train": 182, "dev": 40, "test": 40}


def test_every_training_word_is_spelled_in_two_or_three_languages(samples):
    times = Counter(_word(sample) for sample in samples if sample.split == "train")
    assert len(times) == 182 and set(times.values()) == {2, 3}


@pytest.mark.parametrize(("split", "least"), [("train", 20), ("dev", 5), ("test", 3)])
def test_every_letter_is_signed_often_in_every_split(samples, split, least):
    letters = Counter(letter for s in samples if s.split == split for letter in s.gloss.split())
    assert set(letters) == ALPHABET and min(letters.values()) >= least


def test_the_clips_spell_the_word_in_plain_letters_of_one_language(samples, letters_raw):
    letters = {letter.sample_id: letter for letter in fingerspelling.CORPUS.samples(letters_raw)}
    for sample in samples:
        clips = [letters[clip] for clip in sample.clip.split("+")]
        assert [clip.gloss for clip in clips] == list(_word(sample).upper()) == sample.gloss.split()
        assert {clip.language for clip in clips} == {sample.language}


def test_the_sentence_names_the_word_and_its_letters(samples):
    sample = next(s for s in samples if _word(s) == "lily")
    assert sample.text == "This word is lily, spelled L I L Y."
    assert sample.gloss == "L I L Y" and sample.label == ""


def test_languages_are_dealt_the_words_used_least():
    letters = {"one": {"A", "B"}, "two": {"A", "B", "X"}}
    dealt = choose(["aab", "bba", "axa"], letters, 2)
    assert set(dealt["one"]) == {"aab", "bba"}
    assert dealt["two"][0] == "axa" and len(dealt["two"]) == 2
    assert choose(["axa"], {"one": {"A", "B"}}, 2) == {"one": []}


def test_a_word_keeps_its_split_whatever_else_is_listed():
    assert word_split("able") == "train"  # its sha256 begins with b0ad, 0.690 of the way
    assert [word_split(word) for word in ("axis", "apron")] == ["dev", "test"]
    assert words() == sorted(words())
