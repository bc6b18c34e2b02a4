"""How2Sign from Google Drive, played by the server of the tests: tables, two zips, and a zip in ten parts."""

import io
import shutil
import zipfile

import pytest

from signscale.acquire.run import acquire_corpus
from signscale.corpora import how2sign, load_corpus
from signscale.errors import SignScaleError
from signscale.fetch import drive
from signscale.fetch.ledger import read_ledger
from signscale.fetch.part import Part
from signscale.formats import files
from signscale.formats.sample import read_manifest
from signscale.params import load_params
from signscale.provenance import definition
from signscale.provenance.place import Place

HEADER = "VIDEO_ID\tVIDEO_NAME\tSENTENCE_ID\tSENTENCE_NAME\tSTART_REALIGNED\tEND_REALIGNED\tSENTENCE\n"
CORPUS = load_corpus("how2sign")


@pytest.fixture
def published(server, page, video, split, monkeypatch):
    """Two videos a split, three sentences a video; the last sentence of a training video is beyond its end."""
    monkeypatch.setattr(drive, "SITE", f"{server.url}/download")
    content = {}
    for name in ("train", "val", "test"):
        rows = [
            f"v\t{name}{k}-5-rgb_front\tx\t{name}_{k}_{s}\t{s}\t{s + (9 if name == 'train' and s == 1 else 0.5)}\tHi.\n"
            for k in (1, 2)
            for s in (0.0, 0.5, 1.0)
        ]
        content[f"how2sign_realigned_{name}.csv"] = (HEADER + "".join(rows)).encode()
        whole = io.BytesIO()
        with zipfile.ZipFile(whole, "w") as archive:
            for k in (1, 2):
                archive.writestr(zipfile.ZipInfo(f"raw_videos/{name}{k}-5-rgb_front.mp4"), video)
        content[f"{name}_raw_videos.zip"] = whole.getvalue()
    size = len(content["train_raw_videos.zip"]) // 10
    parts = split(content["train_raw_videos.zip"], [size * k for k in range(1, 10)])
    content |= {f"train_raw_videos.z{k:02d}": part for k, part in enumerate(parts[:-1], start=1)}
    content["train_raw_videos.zip"] = parts[-1]
    for name, drive_id in (how2sign._ANNOTATIONS | how2sign._ZIPS).items():
        address = f"/download?id={drive_id}&export=download&confirm=t"
        server.pages[address] = page(content[name], kind="application/octet-stream")
    return content


def _outcomes(folder):
    return {row.source_id: row.outcome for row in read_ledger(folder / "how2sign" / "ledger.csv")}


def test_the_training_zip_in_ten_parts_is_unpacked_by_us(published, settings, tmp_path, video):
    CORPUS.acquire(tmp_path, settings)
    folder = tmp_path / "how2sign"
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.mp4")}
    assert found == {
        f"videos/{split}/{name}{k}-5-rgb_front.mp4": video
        for split, name in (("train", "train"), ("dev", "val"), ("test", "test"))
        for k in (1, 2)
    }
    outcomes = _outcomes(tmp_path)
    assert {name: outcome for name, outcome in outcomes.items() if outcome != "ok"} == {
        "videos/train/train1-5-rgb_front.mp4": "too short",
        "videos/train/train2-5-rgb_front.mp4": "too short",
    }
    assert len(outcomes) == 3 + 12 + 6
    assert len(list(CORPUS.samples(tmp_path))) == 18


def test_unpacked_zips_may_be_thrown_away_and_nothing_is_fetched_again(published, server, settings, tmp_path):
    CORPUS.acquire(tmp_path, settings)
    for name in how2sign._ZIPS:
        (tmp_path / "how2sign" / name).unlink()
    asked, ledger = len(server.asked), (tmp_path / "how2sign" / "ledger.csv").read_bytes()
    CORPUS.acquire(tmp_path, settings)
    assert len(server.asked) == asked
    assert (tmp_path / "how2sign" / "ledger.csv").read_bytes() == ledger


def test_a_part_of_another_size_than_was_fetched_is_named(published, settings, tmp_path):
    CORPUS.acquire(tmp_path, settings)
    folder = tmp_path / "how2sign"
    shutil.rmtree(folder / "videos" / "train")
    part = folder / "train_raw_videos.z04"
    part.write_bytes(part.read_bytes()[:-1])
    with pytest.raises(SignScaleError, match=r"train_raw_videos\.z04: \d+ bytes, \d+ were fetched"):
        CORPUS.acquire(tmp_path, settings)
    part.unlink()
    CORPUS.acquire(tmp_path, settings)
    assert (folder / "videos" / "train").is_dir()


def test_five_jobs_make_the_manifest_and_ledger_of_one(published, root, settings, tmp_path, monkeypatch):
    params = load_params(root, "paper")
    params = params.model_copy(update={"acquire": settings})
    for place, count in (("one", 1), ("five", 5)):
        (tmp_path / place).mkdir()
        monkeypatch.chdir(tmp_path / place)
        if count > 1:
            CORPUS.acquire_annotations(tmp_path / place / settings.raw, settings)
            for index in range(count):
                CORPUS.acquire_part(tmp_path / place / settings.raw, settings, Part(index, count))
        acquire_corpus(params, "how2sign", tmp_path / place / "out.parquet", count)
    for file in (
        "out.parquet",
        f"{settings.raw}/how2sign/ledger.csv",
        f"{settings.raw}/how2sign/annotation_faults.csv",
    ):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "five" / file).read_bytes()
    assert len(read_manifest(tmp_path / "five" / "out.parquet")) == 18


def test_a_video_of_many_sentences_is_hashed_once_whatever_shards_it_is_in(
    published, root, settings, tmp_path, monkeypatch
):
    CORPUS.acquire(tmp_path, settings)
    read, sha256 = [], files.sha256
    monkeypatch.setattr(files, "sha256", lambda path: read.append(path) or sha256(path))
    params = load_params(root, "paper")
    params = params.model_copy(update={"acquire": settings.model_copy(update={"raw": "."})})
    place = Place(params, tmp_path)
    clips = [row.clip for row in CORPUS.samples(tmp_path)]
    monkeypatch.setattr(definition, "_rows", lambda place, corpus, shard: shard)
    monkeypatch.setattr(definition, "_clips_of", lambda place, corpus, shard: sorted(clips[shard * 2 : shard * 2 + 5]))
    for shard in range(6):
        definition._raw_digest(place, "how2sign", shard)
    assert len(clips) == 18
    assert len(read) == len(set(read)) == len(set(clips[:15])) == 5
