"""The embedded letters: every clip once, labels by base letter, splits of whole sign languages."""

import csv
from collections import Counter

import pytest

from signscale.corpora import fingerspelling
from signscale.corpora.fingerspelling import CORPUS, DEV, LATIN, OTHER, TEST, folds, label_of, split_of
from signscale.errors import SignScaleError


def test_every_clip_stands_once_in_the_language_of_its_folder(letters_raw, root):
    with (root / "tests/corpora/fixtures/index.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 626 and sum(row["signed_language"] == "fsl" for row in rows) == 26
    samples = list(CORPUS.samples(letters_raw))
    assert len(samples) == len({sample.clip for sample in samples}) == 600
    clips = {row["path"] for row in rows}  # <folder>/<name>.pose
    assert {sample.clip for sample in samples} == {f"{fingerspelling.UNPACKED}/{clip}" for clip in clips}
    assert all(sample.clip.split("/")[1] == sample.language for sample in samples)
    assert {sample.language for sample in samples} == set(LATIN) | set(OTHER)


def test_502_clips_of_26_letters_in_16_languages_are_labelled(letters_raw):
    labelled = [sample for sample in CORPUS.samples(letters_raw) if sample.label]
    assert len(labelled) == 502
    assert "".join(sorted({sample.label for sample in labelled})) == "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    assert {sample.language for sample in labelled} == set(LATIN)
    assert min(Counter(sample.label for sample in labelled).values()) >= 8


@pytest.mark.parametrize(
    ("gloss", "label"),
    [
        ("A", "A"), ("ä", "A"), ("A\u0308", "A"), ("CH", "C"), ("Ch", "C"), ("Dž", "D"), ("Š", "S"), ("SCH", "S"),
        ("İ", "I"), ("ff", "F"), ("ß", ""), ("ẞ", ""), ("Đ", ""), ("Α", ""), ("А", ""), ("ب", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_label_is_the_latin_base_letter(gloss, label):
    assert label_of(gloss) == label  # the last A's are Greek and Cyrillic


def test_every_sign_language_is_in_one_split(letters_raw):
    samples = list(CORPUS.samples(letters_raw))
    split = {language: {s.split for s in samples if s.language == language} for language in LATIN + OTHER}
    assert all(len(found) == 1 for found in split.values())
    assert TEST == ["ase", "eso", "psr"] == sorted(code for code, found in split.items() if found == {"test"})
    assert DEV == ["bzs", "ise"] == sorted(code for code, found in split.items() if found == {"dev"})
    assert Counter(s.split for s in samples) == {"train": 449, "dev": 67, "test": 84}
    assert Counter(s.split for s in samples if s.label) == {"train": 351, "dev": 67, "test": 84}


def test_folds_hold_each_latin_language_once():
    assert folds()[0] == ["ase", "eso", "psr", "tsm"]
    assert [len(fold) for fold in folds()] == [4, 3, 3, 3, 3]
    assert sorted(code for fold in folds() for code in fold) == LATIN


def test_a_language_in_no_split_is_an_error():
    with pytest.raises(SignScaleError, match="'fsl' is in no split"):
        split_of("fsl")


def test_a_sample_says_what_the_index_says(letters_raw):
    sample = next(s for s in CORPUS.samples(letters_raw) if s.language == "swl" and s.gloss == "Ä")
    assert (sample.text, sample.label, sample.split) == ("This is the letter Ä.", "A", "train")
    assert (sample.start, sample.end, sample.fps, sample.view) == (0.0, -1.0, 0.0, "mediapipe")


def test_the_fixture_is_the_index_of_the_wheel(root):
    folder = root / "data/raw/fingerspelling" / fingerspelling.UNPACKED
    if not folder.is_dir():
        pytest.skip("the embedded corpus is not there: run `signscale acquire fingerspelling <manifest>` first")
    assert (folder / "index.csv").read_bytes() == (root / "tests/corpora/fixtures/index.csv").read_bytes()
    assert len(list(folder.glob("*/*.pose"))) == 600
