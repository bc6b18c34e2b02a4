"""Corpus figures: counted from the packs."""

import pytest

from signscale.errors import SignScaleError
from signscale.formats.sample import write_manifest
from signscale.formats.shard import write_shard
from signscale.report.material import read_material, texts


def test_counts_are_those_of_the_pack(params, results):
    (letters, words), not_packed = read_material(params, results)
    assert not_packed == []
    train, test = letters.portions
    assert (train.split, train.samples, test.samples, letters.total.samples) == ("train", 32, 32, 64)
    assert (letters.total.languages, letters.total.sentences, words.total.sentences) == (2, 8, 8)
    frames = [20 + 5 * (place % 9) for place in range(64)]
    assert letters.lengths == frames
    assert letters.total.frames == sum(frames)
    assert letters.total.hours == pytest.approx(sum(frames) / 25 / 3600)


def test_reasons_are_gathered_by_kind(params, results):
    letters = read_material(params, results)[0][0]
    assert letters.reasons == [("pack", "…: … frames, fewer than pack.min_frames; film it longer", 3)]


def test_a_corpus_without_a_pack_is_named(params, results):
    (results / "pack" / "fingerspelled_words" / "shard.h5").unlink()
    assert read_material(params, results)[1] == ["fingerspelled_words"]


def test_a_manifest_that_disagrees_with_its_shard_is_refused(params, results):
    write_manifest(results / "pack" / "fingerspelling" / "manifest.parquet", [])
    with pytest.raises(SignScaleError, match="pack fingerspelling again"):
        read_material(params, results)


def test_texts_are_those_that_were_signed(params, results):
    assert texts(params, results)["fingerspelled_words/ase/bag"] == "The word is bag."


def test_a_pack_whose_clips_were_all_excluded_is_empty_not_an_error(params, results):
    folder = results / "pack" / "fingerspelling"
    write_manifest(folder / "manifest.parquet", [])
    write_shard(folder / "shard.h5", [], "mediapipe", "0.10.14")
    letters = read_material(params, results)[0][0]
    assert (letters.portions, letters.total.samples, letters.listed, letters.lengths) == ([], 0, 64, [])
