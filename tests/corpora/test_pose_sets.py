"""Sets of recorded signs that people drop in: who trains and who tests, what is excluded, and bad archives."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from signscale.corpora import asl_recorders, ksl13, signwish, traduttore
from signscale.corpora.access import missing_access
from signscale.corpora.tables import read_faults
from signscale.errors import SignScaleError
from signscale.formats.array_file import read_points, read_recorders, read_words
from signscale.formats.files import sha256
from signscale.params import load_params

HEAD = "id,author_major,mixed"
CLIPS = {
    "no/0": "dmohazab,0",
    "no/1": "TheCamNelson,0",
    "no/2": "TheCamNelson,1",
    "s/0": "Alex,0",
    "b/0": "TheCamNelson,0",
    "-/0": "dmohazab,0",
    "no/3": "",
}


def write_archive(path: Path, names: list[str], **changed: np.ndarray) -> Path:
    """An archive of clips of 2 frames, the word of each being what comes before the slash."""
    words = sorted({name.split("/")[0] for name in names})
    arrays = {
        "kp": np.zeros((len(names), 2, 133, 3), np.float16),
        "y": np.array([words.index(name.split("/")[0]) for name in names]),
        "classes": np.array(words),
        "ids": np.array(names),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        np.savez(file, **(arrays | changed))
    return path


@pytest.fixture
def raw(tmp_path) -> Path:
    """A raw folder with a made-up traduttore set of seven clips."""
    folder = tmp_path / "raw" / "traduttore"
    write_archive(folder / traduttore.FILE, list(CLIPS))
    rows = [f"{name},{about}" for name, about in CLIPS.items() if about]
    (folder / traduttore.COMMITTERS).write_text("\n".join([HEAD, *rows]) + "\n")
    return tmp_path / "raw"


def test_one_committer_is_the_test_and_every_other_clip_is_accounted_for(root, raw, capsys):
    traduttore.CORPUS.acquire(raw, load_params(root, "miniature").acquire)
    rows = {s.sample_id: (s.split, s.label, s.signer, s.text) for s in traduttore.CORPUS.samples(raw)}
    assert rows == {
        "traduttore/no/0": ("train", "no", "dmohazab", "This word is no."),
        "traduttore/no/1": ("test", "no", "TheCamNelson", "This word is no."),
        "traduttore/s/0": ("train", "s", "Alex", "This word is s."),
    }
    assert {str(fault).split(": ", 1)[1] for fault in read_faults(raw / "traduttore" / "annotation_faults.csv")} == {
        "clip no/2: frames of several committers",
        "clip b/0: no other committer has this word",
        "clip -/0: nobody signs",
        "clip no/3: no row in traduttore_words_mixed.csv",
    }
    assert "traduttore: 3 clips, 4 excluded" in capsys.readouterr().err


def test_signwish_is_all_training_and_has_the_papers_sentence(tmp_path):
    write_archive(tmp_path / "signwish" / signwish.FILE, ["thank you/0"])
    (sample,) = signwish.CORPUS.samples(tmp_path)
    assert (sample.split, sample.label, sample.gloss) == ("train", "thank you", "thank-you")
    assert sample.text == "This word is thank you."


def test_of_recorders_only_those_that_state_a_licence_are_trained_on(tmp_path):
    names = ["no/0", "no/1", "yes/2"]
    folder = tmp_path / "asl_recorders"
    write_archive(folder / asl_recorders.FILE, names, recorder=np.array(["r02", "r01", "r06"]))
    faults: list = []
    rows = list(asl_recorders.CORPUS.rows(folder, read_words(folder / asl_recorders.FILE), faults))
    assert [(row.sample_id, row.split, row.signer, row.text) for row in rows] == [
        ("asl_recorders/no/0", "train", "r02", "This word is no."),
        ("asl_recorders/yes/2", "train", "r06", "This word is yes."),
    ]
    assert [str(fault).split(": ", 1)[1] for fault in faults] == ["clip no/1: r01 states no licence"]


def test_korean_words_keep_their_language_and_session(tmp_path):
    write_archive(tmp_path / "ksl13" / ksl13.FILE, ["do it/0"], recorder=np.array(["MP_Data2"]))
    (sample,) = ksl13.CORPUS.samples(tmp_path)
    assert (sample.language, sample.signer, sample.gloss) == ("kvk", "MP_Data2", "do-it")
    assert sample.text == "This word is do it."


def test_an_archive_known_by_its_checksum_is_asked_for_and_no_other_is_taken(root, tmp_path):
    folder = tmp_path / "ksl13"
    line = missing_access("ksl13", folder)
    assert "\n" not in line and ksl13.CORPUS.sha256 in line and "(Apache-2.0)" in line
    write_archive(folder / ksl13.FILE, ["no/0"], recorder=np.array(["MP_Data"]))
    assert missing_access("ksl13", folder) == ""
    with pytest.raises(SignScaleError, match=r"ksl13\.npz: sha256 [0-9a-f]{64} in place of eddb21ae"):
        ksl13.CORPUS.acquire(tmp_path, load_params(root, "miniature").acquire)


@pytest.mark.parametrize("recorder", [np.array(["r02", "r06"]), np.array([2])])
def test_an_archive_that_does_not_name_each_recorder_is_one_line(tmp_path, recorder):
    path = write_archive(tmp_path / "a.npz", ["a/0"], recorder=recorder)
    with pytest.raises(SignScaleError, match=r"recorder does not name one for each of 1 clips"):
        read_recorders(path)


@pytest.mark.parametrize(
    ("corpus", "repository"), [(signwish, "tamtridung/ASL_SignWish"), (traduttore, "traduttore/traduttore-model")]
)
def test_a_set_that_is_not_there_is_one_line_with_the_clone_to_make(tmp_path, corpus, repository):
    folder = tmp_path / corpus.NAME
    line = missing_access(corpus.NAME, folder)
    assert "\n" not in line
    assert f"{folder}: {corpus.FILE}" in line and "(MIT)" in line and "src/signscale/formats/array_file.py" in line
    assert f"git clone https://github.com/{repository} {folder / repository.split('/')[1]} " in line


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"y": np.array([0, 5])}, "its y names a class outside its 1"),
        ({"y": np.array([0.0, np.nan])}, "its y names a class outside its 1"),
        ({"ids": np.array(["a/0", "a/0"])}, "2 ids for 2 clips, or one twice"),
        ({"ids": np.array(["a/0", object()], dtype=object)}, "not a whole archive of recorded clips"),
        ({"ids": np.array([b"a/0", b"a/1"])}, "are not lists of numbers and of text"),
        ({"ids": np.array([["a/0"], ["a/1"]])}, "are not lists of numbers and of text"),
        ({"classes": np.array("a")}, "are not lists of numbers and of text"),
    ],
)
def test_an_archive_whose_parts_disagree_is_one_line(tmp_path, changed, line):
    path = write_archive(tmp_path / "a.npz", ["a/0", "a/1"], **changed)
    with pytest.raises(SignScaleError, match=line):
        read_words(path)


@pytest.mark.parametrize("content", [b"", b"no zip", None])
def test_a_torn_archive_is_one_line_and_nothing_is_unpickled(tmp_path, content):
    path = write_archive(tmp_path / "a.npz", ["a/0", "a/1"])
    path.write_bytes(path.read_bytes()[:-200] if content is None else content)
    with pytest.raises(SignScaleError, match=r"a\.npz: not a whole archive of recorded clips"):
        read_words(path)


def test_a_single_array_under_an_archives_name_is_one_line(tmp_path):
    with (tmp_path / "a.npz").open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(SignScaleError, match=r"a\.npz: not a whole archive of recorded clips"):
        read_words(tmp_path / "a.npz")


def test_points_of_another_skeleton_are_refused(tmp_path):
    path = write_archive(tmp_path / "a.npz", ["a/0"], kp=np.zeros((1, 2, 75, 3)))
    with pytest.raises(SignScaleError, match=r"kp is \(1, 2, 75, 3\) for 1 ids, not \(N, T, 133, 3\)"):
        read_points(path)


def test_the_real_sets_have_the_clips_they_are_known_for(shared):
    words = read_words(shared / "poses" / signwish.FILE)
    assert Counter(words.words).most_common(1)[0][1] == 80 and len(words.names) == 880
    faults: list = []
    folder = shared / "poses"
    rows = list(traduttore.CORPUS.rows(folder, read_words(folder / traduttore.FILE), faults))
    assert len(rows) + len(faults) == 4693
    assert {row.text for row in rows if row.label == "tea"} == {"This word is tea."}
    tested = {row.label for row in rows if row.split == "test"}
    trained = {row.label for row in rows if row.split == "train"}
    assert (len(tested), len(trained)) == (13, 22)
    assert not {row.signer for row in rows if row.split == "test"} & {r.signer for r in rows if r.split == "train"}
    for corpus, clips, words in ((ksl13.CORPUS, 2470, 13), (asl_recorders.CORPUS, 450, 9)):
        rows = list(corpus.rows(folder, read_words(folder / corpus.file), []))
        assert (len(rows), len({row.label for row in rows})) == (clips, words)
        assert sha256(folder / corpus.file) == corpus.sha256
