"""The stage acquire, on a tiny wheel with the real index and made-up clips."""

import csv
import os

import pytest

from signscale.acquire.run import acquire_corpus
from signscale.corpora import fingerspelling
from signscale.errors import SignScaleError
from signscale.fetch.ledger import read_ledger
from signscale.formats import files
from signscale.formats.sample import read_manifest
from signscale.params import load_params


@pytest.fixture
def params(root, tmp_path, make_wheel, monkeypatch):
    """The demo's params in an empty project folder, where the embedded corpus's wheel is a tiny one."""
    index = (root / "tests/corpora/fixtures/index.csv").read_bytes()
    clips = {row["path"] for row in csv.DictReader(index.decode().splitlines())}
    lexicon = fingerspelling.LEXICON
    content = {f"{lexicon}/{clip}": f"made-up {clip}".encode() for clip in sorted(clips)}
    content |= {f"{lexicon}/index.csv": index, f"{lexicon}/data.csv": b"not needed", "code.py": b"not needed"}
    wheel = make_wheel("spoken-to-signed", "0.4.0", content)
    monkeypatch.setattr(fingerspelling, "WHEEL_SHA256", files.sha256(wheel))
    monkeypatch.chdir(tmp_path)
    return load_params(root, "demo")


def test_the_embedded_corpus_is_fetched_unpacked_and_listed(params, tmp_path, capsys):
    acquire_corpus(params, "fingerspelling", tmp_path / "out.parquet")
    raw = tmp_path / "data/raw/fingerspelling"
    samples = read_manifest(tmp_path / "out.parquet")
    assert len(samples) == 600
    assert all((raw / sample.clip).read_text().endswith(sample.clip[-20:]) for sample in samples)
    assert not list(raw.rglob("data.csv"))
    ledger = read_ledger(raw / "ledger.csv")
    assert len(ledger) == 602 and {row.outcome for row in ledger} == {"ok"}  # wheel, index, clips
    said = capsys.readouterr().err
    assert "600 clips; 26 index rows repeat a clip" in said
    assert "fingerspelling: 600 samples (dev 67, test 84, train 449)" in said


def test_the_manifest_does_not_depend_on_the_day(params, tmp_path):
    acquire_corpus(params, "fingerspelling", tmp_path / "first.parquet")
    raw = tmp_path / "data/raw/fingerspelling"
    (raw / "ledger.csv").unlink()
    os.utime(next(raw.glob("*.whl")), (0, 0))
    acquire_corpus(params, "fingerspelling", tmp_path / "second.parquet")
    assert read_ledger(raw / "ledger.csv")[5].date == "1970-01-01"
    assert (tmp_path / "first.parquet").read_bytes() == (tmp_path / "second.parquet").read_bytes()


def test_an_edited_clip_stays_and_is_told(params, tmp_path, capsys):
    acquire_corpus(params, "fingerspelling", tmp_path / "out.parquet")
    clip = tmp_path / "data/raw/fingerspelling" / read_manifest(tmp_path / "out.parquet")[0].clip
    clip.write_text("edited")
    capsys.readouterr()
    acquire_corpus(params, "fingerspelling", tmp_path / "out.parquet")
    assert clip.read_text() == "edited"
    assert f"{clip.name}: checksum changed" in capsys.readouterr().err


def test_composed_words_need_their_letters_first(params, tmp_path):
    with pytest.raises(SignScaleError, match="acquire the corpus fingerspelling first"):
        acquire_corpus(params, "fingerspelled_words", tmp_path / "words.parquet")
    acquire_corpus(params, "fingerspelling", tmp_path / "letters.parquet")
    acquire_corpus(params, "fingerspelled_words", tmp_path / "words.parquet")
    ids = {sample.sample_id for sample in read_manifest(tmp_path / "letters.parquet")}
    words = read_manifest(tmp_path / "words.parquet")
    assert len(words) == 576 and all(set(word.clip.split("+")) <= ids for word in words)
    assert read_ledger(tmp_path / "data/raw/fingerspelled_words/ledger.csv") == []


def test_a_fault_leaves_no_manifest(params, tmp_path):
    acquire_corpus(params, "fingerspelling", tmp_path / "out.parquet")
    index = tmp_path / "data/raw/fingerspelling" / fingerspelling.UNPACKED / "index.csv"
    index.write_text("path,glosses\n../../secret.pose,A\n")
    with pytest.raises(SignScaleError, match=r"index\.csv: row .* names no clip and letter"):
        acquire_corpus(params, "fingerspelling", tmp_path / "results" / "out.parquet")
    assert not (tmp_path / "results").exists()
