"""A clone of a repository of arrays, a frame each: its points, its committers, what is excluded, and bad clones."""

import csv
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from signscale.corpora import signwish, traduttore
from signscale.corpora.access import missing_access
from signscale.corpora.tables import read_faults
from signscale.errors import SignScaleError
from signscale.fetch.ledger import read_ledger
from signscale.formats.array_file import read_points, read_words
from signscale.formats.files import sha256
from signscale.keypoints.readers.recorded import RecordedArchives
from signscale.params import load_params

TRADUTTORE = replace(traduttore.CORPUS, frames=2)
SIGNWISH = replace(signwish.CORPUS, frames=2)


def git(folder: Path, *arguments: str, author: str = "somebody") -> str:
    """Run git in a folder as `author`; its answer."""
    who = ["-c", f"user.name={author}", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout


def write_frames(repository: Path, clip: str, frames: range, value: float = 0.5) -> None:
    """Frames of a clip: a nose and, in all but the first, a left hand; the rest was not found."""
    folder = repository / "MP_Data" / clip
    folder.mkdir(parents=True, exist_ok=True)
    for k in frames:
        frame = np.zeros(258)
        frame[:4] = 0.25, value, -3.0, 0.75  # the first pose landmark, the nose
        frame[11 * 4 : 12 * 4] = 1.5, -0.25, 0.1, 0.125  # the twelfth, the left shoulder
        frame[1 * 4 : 2 * 4] = 0.9, 0.9, 0.9, 0.9  # the inner left eye, which COCO-WholeBody has not
        if k:
            frame[132:135] = 0.125, 0.375, -0.1  # the left hand's first, the wrist
            frame[192:195] = 0.625, 0.5, -0.1  # its last, the tip of the little finger
        np.save(folder / f"{k}.npy", frame)


@pytest.fixture
def clone(tmp_path) -> Path:
    """A clone in traduttore's raw folder: seven clips of two words and of nobody, by two people, one frame torn."""
    repository = tmp_path / "raw" / "traduttore" / "traduttore-model"
    for clip in ("no/2", "no/4", "-/0", "s/0"):
        write_frames(repository, clip, range(2))
    write_frames(repository, "no/3", range(3))  # one more, taken out below
    (repository / "MP_Data" / "s" / "0" / "1.npy").write_bytes(b"\x93NUMPY\x01\x00")
    git(repository, "init", "--quiet")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "first", author="dmohazab")
    write_frames(repository, "no/10", range(2))
    write_frames(repository, "no/4", range(1, 2), value=0.75)
    write_frames(repository, "no/3", range(2), value=0.75)
    write_frames(repository, "s/1", range(1))
    (repository / "MP_Data" / "no" / "3" / "2.npy").unlink()
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "second", author="TheCamNelson")
    return repository


@pytest.fixture
def settings(root):
    return load_params(root, "miniature").acquire


def test_a_clone_becomes_samples_and_its_faults_stay_on_record(clone, settings):
    raw, folder = clone.parents[1], clone.parent
    assert missing_access("traduttore", folder) == ""
    TRADUTTORE.acquire(raw, settings)
    assert [(s.sample_id, s.split, s.signer) for s in TRADUTTORE.samples(raw)] == [
        ("traduttore/no/2", "train", "dmohazab"),
        ("traduttore/no/10", "test", "TheCamNelson"),
    ]
    names = ["-/0", "no/2", "no/3", "no/4", "no/10"]
    assert read_words(folder / TRADUTTORE.file).names == names
    with (folder / traduttore.COMMITTERS).open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["id", "author_major", "mixed"],
            ["-/0", "dmohazab", "0"],
            ["no/2", "dmohazab", "0"],
            ["no/3", "TheCamNelson", "1"],  # two frames, and one of dmohazab that is gone
            ["no/4", "TheCamNelson", "1"],  # one each, and he was the last
            ["no/10", "TheCamNelson", "0"],
        ]
    faults = [f"{fault.file}: {fault.reason}" for fault in read_faults(folder / "annotation_faults.csv")]
    assert faults[0].startswith("MP_Data/s/0: 1.npy is torn: ")
    assert faults[1] == "MP_Data/s/1: 1 frames in place of 2, see 1.npy"
    head = git(clone, "rev-parse", "HEAD").strip()
    address = f"https://github.com/traduttore/traduttore-model/tree/{head}"
    assert [row.url for row in read_ledger(folder / "ledger.csv")] == [address, address]

    shutil.rmtree(clone)
    before = (folder / "annotation_faults.csv").read_text(), (folder / "ledger.csv").read_text()
    TRADUTTORE.acquire(raw, settings)  # nothing is left of the clone, and all is on record still
    assert ((folder / "annotation_faults.csv").read_text(), (folder / "ledger.csv").read_text()) == before


def test_landmarks_are_at_their_places_among_the_133(clone, settings):
    raw, folder = clone.parents[1], clone.parent
    TRADUTTORE.acquire(raw, settings)
    points = read_points(folder / TRADUTTORE.file)["no/2"]
    assert (points.shape, points.dtype) == ((2, 133, 3), np.float16)
    expected = np.zeros((2, 133, 3))
    expected[:, 0], expected[:, 5] = (0.25, 0.5, 0.75), (1.5, -0.25, 0.125)
    expected[1, 91:112, 2] = 1  # a hand that was found, whatever its points
    expected[1, 91, :2], expected[1, 111, :2] = (0.125, 0.375), (0.625, 0.5)
    assert points.tolist() == expected.tolist()
    sample = next(iter(TRADUTTORE.samples(raw)))
    assert RecordedArchives(folder, TRADUTTORE.picture).clip(sample).keypoints[0, 0].tolist() == [250, 500, 0.75]


def test_equal_frames_give_equal_bytes_and_what_lies_there_is_taken_as_it_is(clone, settings):
    raw, archive = clone.parents[1], clone.parent / TRADUTTORE.file
    TRADUTTORE.acquire(raw, settings)
    made = sha256(archive)
    archive.unlink()
    TRADUTTORE.acquire(raw, settings)
    assert sha256(archive) == made
    write_frames(clone, "no/2", range(2), value=0.0)
    git(clone, "commit", "--quiet", "--all", "-m", "third")
    TRADUTTORE.acquire(raw, settings)
    assert sha256(archive) == made


def test_a_clone_without_history_has_frames_but_no_committers(tmp_path, clone, settings):
    deep = clone.rename(tmp_path / "deep")
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{deep}", str(clone))
    with pytest.raises(SignScaleError, match=r"a shallow clone; get its full history by git -C .* fetch --unshallow$"):
        TRADUTTORE.acquire(clone.parents[1], settings)
    git(clone, "fetch", "--quiet", "--unshallow")
    TRADUTTORE.acquire(clone.parents[1], settings)
    assert len(list(TRADUTTORE.samples(clone.parents[1]))) == 2


def test_a_downloaded_zip_is_not_taken_for_the_repository_around_it(clone, settings):
    git(clone.parents[1], "init", "--quiet")
    shutil.rmtree(clone / ".git")
    with pytest.raises(SignScaleError, match=r"traduttore-model: it has no git history .* with full history$"):
        TRADUTTORE.acquire(clone.parents[1], settings)
    assert sorted(path.name for path in clone.parent.iterdir()) == ["traduttore-model"]


@pytest.mark.parametrize("change", ["broken off", "edited", "added"])
def test_files_that_are_not_those_of_the_commit_are_one_line(clone, settings, change):
    frame = clone / "MP_Data" / "no" / "2" / "1.npy"
    if change == "broken off":
        frame.unlink()
    elif change == "edited":
        frame.write_bytes(b"")
    else:
        frame = clone / "MP_Data" / "zoë" / "1.npy"
        frame.parent.mkdir()
        frame.write_bytes(b"")
    (clone / "MP_Data" / ".DS_Store").write_bytes(b"")  # no frame, no matter
    line = f"{frame.relative_to(clone)} and 0 others are not as in its commit"
    with pytest.raises(SignScaleError, match=line) as raised:
        TRADUTTORE.acquire(clone.parents[1], settings)
    assert not (clone.parent / TRADUTTORE.file).exists()
    moved, run = str(raised.value).partition("; move ")[2].split(" away and run git ")
    shutil.rmtree(moved)
    git(clone, *run.split())
    TRADUTTORE.acquire(clone.parents[1], settings)


def test_without_git_it_says_so(clone, settings, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SignScaleError, match=r"traduttore-model: there is no git on this machine .* install git$"):
        TRADUTTORE.acquire(clone.parents[1], settings)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (np.zeros((2, 258)), r"0\.npy is \(2, 258\), not 258 numbers"),
        (np.zeros(258, int), r"0\.npy is \(258,\), not 258 numbers"),
        (np.full(258, np.nan), r"0\.npy has numbers that are not finite"),
        (np.array([{}] * 258), r"0\.npy is torn: .*allow_pickle=False"),
    ],
)
def test_a_repository_of_which_no_clip_can_be_used_is_one_line(tmp_path, settings, frame, reason):
    repository = tmp_path / "signwish" / "ASL_SignWish"
    write_frames(repository, "thank you/0", range(2))
    np.save(repository / "MP_Data" / "thank you" / "0" / "0.npy", frame)
    git(repository, "init", "--quiet")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "all")
    with pytest.raises(SignScaleError, match=rf"MP_Data: no clip of 2 frames \(MP_Data/thank you/0: {reason}\)"):
        SIGNWISH.acquire(tmp_path, settings)
    assert [path.name for path in repository.parent.iterdir()] == ["ASL_SignWish"]
