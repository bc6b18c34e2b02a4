"""A corpus whose keypoints others published goes from its official annotations to a pack without a video."""

import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

from signscale.acquire.run import acquire_corpus
from signscale.corpora import load_corpus, phoenix14t
from signscale.errors import SignScaleError
from signscale.fetch.ledger import read_ledger
from signscale.formats.excluded import read_excluded
from signscale.formats.files import read_json, sha256
from signscale.formats.sample import read_manifest
from signscale.formats.shard import Shard
from signscale.keypoints.estimators.environment import environment_of
from signscale.keypoints.run import extract_shard
from signscale.pack.run import pack_corpus
from signscale.params import Params, PublishedParams, load_params
from signscale.provenance.code import Code
from signscale.provenance.definition import definition, known_steps
from signscale.provenance.place import Place
from signscale.provenance.stages import fetched, steps

CLIPS = {"train": ["01April_2010-1", "01April_2010-2", "01April_2010-3"], "dev": ["02May_2011-7"], "test": ["03June-9"]}


def write_annotations(raw: Path) -> None:
    for split, names in CLIPS.items():
        path = raw / "phoenix14t" / phoenix14t.FILES[split]
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = ["name|video|start|end|speaker|orth|translation"]
        lines += [f"{name}|{name}/1/*.png|-1|-1|Signer01|REGEN|regen ." for name in names]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def keypoints(frames: int) -> np.ndarray:
    points = np.random.default_rng(frames).uniform(0.4, 0.6, (1, 133, 3)).repeat(frames, 0) * [210, 260, 1]
    points[..., 2] = 0.9
    return points.astype(np.float32)


@pytest.fixture
def params(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Params:
    """The demo's params with Phoenix14-T from a pickle of SLRT's, which lacks a clip and has one with NaN."""
    monkeypatch.chdir(tmp_path)
    loaded = load_params(root, "demo")
    write_annotations(Path(loaded.acquire.raw))
    content = {f"{s}/{n}": {"keypoints": keypoints(20 + i)} for s, names in CLIPS.items() for i, n in enumerate(names)}
    content.pop("train/01April_2010-2")
    content["dev/02May_2011-7"]["keypoints"][3, 9] = np.nan
    content["test/03June-9"]["keypoints"][0, 0, 2] = 1.2
    Path("slrt.pkl").write_bytes(pickle.dumps(content))
    entry = PublishedParams(format="slrt", path="slrt.pkl", source="SLRT TwoStreamNetwork")
    section = loaded.keypoints.model_copy(update={"published": {"phoenix14t": entry}})
    corpora = loaded.acquire.model_copy(update={"corpora": [*loaded.acquire.corpora, "phoenix14t"]})
    return loaded.model_copy(update={"keypoints": section, "acquire": corpora})


def test_annotations_and_one_pickle_give_a_pack(params: Params, tmp_path: Path, capsys) -> None:
    manifest = tmp_path / "phoenix14t.parquet"
    acquire_corpus(params, "phoenix14t", manifest)
    raw = Path(params.acquire.raw) / "phoenix14t"
    assert sorted(row.outcome for row in read_ledger(raw / "ledger.csv")) == ["missing", "ok", "ok", "ok", "ok"]
    assert read_json(raw / "published.json") == {"path": "slrt.pkl", "sha256": sha256("slrt.pkl")}
    told = capsys.readouterr().err
    assert "phoenix14t: keypoints of 4 of 5 clips in slrt.pkl" in told
    assert "the first that is missing: slrt.pkl: no clip of phoenix14t/01April_2010-2 in it, tried train/01" in told
    assert {sample.view for sample in read_manifest(manifest)} == {"mmpose"}, "no second view"
    assert environment_of(params.keypoints, load_corpus("phoenix14t")) == ""
    extract_shard(params, "phoenix14t", manifest, 0, tmp_path / "00000.h5")
    told = capsys.readouterr().err
    assert told.endswith("phoenix14t 00000: 1 clips have scores above 1, which are cut to 1\n")
    (lacking, nan) = read_excluded(tmp_path / "00000.excluded.csv")
    assert lacking.reason.startswith("slrt.pkl: no clip of phoenix14t/01April_2010-2 in it, tried train/01April_2010-2")
    assert nan.reason == "slrt.pkl: dev/02May_2011-7: NaN or infinity among its numbers; take the clip out"
    pack_corpus(params, "phoenix14t", manifest, [tmp_path / "00000.h5"], tmp_path / "pack")
    with Shard(tmp_path / "pack/shard.h5") as shard:
        assert (shard.estimator, shard.estimator_version) == ("hrnet", "SLRT TwoStreamNetwork, published as slrt")
        assert shard.ids == ["phoenix14t/01April_2010-1", "phoenix14t/01April_2010-3", "phoenix14t/03June-9"]
        clip = shard.clip(0)
    assert (clip.size, clip.fps) == ((210, 260), 25.0)
    assert np.abs(clip.keypoints[..., :2] - keypoints(20)[..., :2]).max() <= 1 / 32
    assert [row.text for row in read_manifest(tmp_path / "pack/manifest.parquet")] == ["regen ."] * 3


def test_what_is_published_decides_its_own_corpus_alone(params: Params, root: Path) -> None:
    plain = params.model_copy(update={"keypoints": params.keypoints.model_copy(update={"published": {}})})
    shards = dict.fromkeys(fetched(params), 1)
    ours, theirs = steps(params, shards), steps(plain, shards)
    assert ours["keypoints/fingerspelling/00000"] == theirs["keypoints/fingerspelling/00000"]
    assert ours["acquire/fingerspelling"] == theirs["acquire/fingerspelling"]
    assert ours["keypoints/phoenix14t/00000"].params["corpus"]["published"]["path"] == "slrt.pkl"
    code = Code(root)
    for step in ("acquire/phoenix14t", "keypoints/phoenix14t/00000"):
        files = code.files(ours[step].entries)
        assert "keypoints/readers/published/slrt.py" in files
        assert "keypoints/readers/published/unisign.py" not in files
    corpus, files = ours["acquire/phoenix14t"].dropped
    assert (Path(params.acquire.raw) / corpus / files[-1]).resolve() == Path("slrt.pkl").resolve()


def test_the_published_file_decides_the_same_before_its_raw_folder_is_there(params: Params, root: Path) -> None:
    for folder in ("envs", "src"):
        Path(folder).symlink_to(root / folder)
    place = Place(params)

    def decided() -> dict:
        return {Path(file).name: digest for file, digest in definition(place, step)["dropped"].items()}

    step = known_steps(place)["acquire/phoenix14t"]
    shutil.rmtree(place.raw("phoenix14t"))
    before = decided()
    assert before["slrt.pkl"] == sha256("slrt.pkl")
    place.raw("phoenix14t").mkdir()  # as Snakemake does before the job
    assert decided() == before
    Path("slrt.pkl").write_bytes(b"another")
    assert decided()["slrt.pkl"] == sha256("slrt.pkl") != before["slrt.pkl"]


def test_without_annotations_it_is_said_where_they_come_from(params: Params, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(phoenix14t, "fetch_file", lambda *asked: (_ for _ in ()).throw(AssertionError("no download")))
    acquire_corpus(params, "phoenix14t", tmp_path / "a.parquet")
    entry = params.keypoints.published["phoenix14t"]
    section = params.keypoints.model_copy(update={"published": {"csl_daily": entry, "fingerspelling": entry}})
    other = params.model_copy(update={"keypoints": section})
    with pytest.raises(SignScaleError, match="published keypoints need the official annotations, by https://ustc"):
        acquire_corpus(other, "csl_daily", tmp_path / "b.parquet")
    with pytest.raises(SignScaleError, match="fingerspelling comes with its keypoints; leave it out"):
        acquire_corpus(other, "fingerspelling", tmp_path / "c.parquet")
