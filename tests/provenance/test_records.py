"""Records and stamps, on a made-up repository: which steps are fresh after which change."""

import json
import os
import shutil

import pytest
from made_repository import CLIPS, MODULES, acquire_again, code, make, stale, weights, write_rows

from signscale.errors import SignScaleError
from signscale.formats.files import read_json, sha256, write_json
from signscale.params import Params
from signscale.provenance import definition, records
from signscale.provenance.outputs import VERIFY
from signscale.provenance.place import Place
from signscale.provenance.raw import Allowance
from signscale.provenance.why import reasons

AFTER_PACK = ["pretrain", "finetune/signs/pretrained-1", "finetune/signs/scratch-1"]
AFTER_FINETUNE = ["evaluate/signs/pretrained-1", "evaluate/signs/scratch-1"]
BASELINE = ["evaluate/signs/nearest"]


def test_a_made_repository_is_fresh(place):
    assert stale(place) == []
    assert records.complete(records.settle(place)) == list(records.STAGES)


def test_nothing_made_is_stale_everywhere(place):
    shutil.rmtree(place.results)
    assert stale(place)[:3] == ["acquire/letters", "acquire/words", "pack/letters"]
    assert records.complete(records.settle(place)) == []


def test_a_pack_param_leaves_the_keypoints_alone(place):
    params = place.params.model_copy(update={"pack": place.params.pack.model_copy(update={"min_frames": 9})})
    expected = ["pack/letters", "pack/words", *AFTER_PACK, *AFTER_FINETUNE, *BASELINE, "report"]
    assert stale(place, params) == expected
    assert stale(place) == []


def test_an_evaluate_param_trains_nothing(place):
    params = place.params.model_copy(update={"evaluate": place.params.evaluate.model_copy(update={"bootstrap": 101})})
    assert stale(place, params) == [*AFTER_FINETUNE, *BASELINE, "report"]


def test_patience_of_the_download_decides_nothing(place):
    params = place.params.model_copy(update={"acquire": place.params.acquire.model_copy(update={"attempts": 99})})
    assert stale(place, params) == ["report"]  # which prints all the params


def test_another_seed_of_finetuning_is_one_more_run(place):
    params = place.params.model_copy(update={"finetune": place.params.finetune.model_copy(update={"seeds": [1, 2]})})
    new = ["finetune/signs/pretrained-2", "finetune/signs/scratch-2", "evaluate/signs/pretrained-2"]
    assert stale(place, params) == [*new, "evaluate/signs/scratch-2", "report"]


PACKS = ["pack/letters", "pack/words"]


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("report/run.py", ["report"]),
        ("report/style.css", ["report"]),
        ("evaluate/run.py", [*AFTER_FINETUNE, *BASELINE, "report"]),
        ("evaluate/nearest.py", [*BASELINE, "report"]),
        ("text/store.py", ["text", *AFTER_PACK, *AFTER_FINETUNE, "report"]),
        ("data/schedule.py", [*AFTER_PACK, *AFTER_FINETUNE, "report"]),
        ("data/masking.py", ["pretrain", "finetune/signs/pretrained-1", "evaluate/signs/pretrained-1", "report"]),
        ("finetune/run.py", [*AFTER_PACK[1:], *AFTER_FINETUNE, "report"]),
        ("tasks/islr.py", [*AFTER_PACK[1:], *AFTER_FINETUNE, *BASELINE, "report"]),
        ("tasks/slt.py", []),
        ("pack/run.py", [*PACKS, *AFTER_PACK, *AFTER_FINETUNE, *BASELINE, "report"]),
        ("acquire/run.py", ["acquire/letters", "acquire/words"]),
        ("corpora/words.py", ["acquire/words", "report"]),
        ("keypoints/drawing/overlay.py", []),
        ("pack/unused.py", []),
    ],
)
def test_an_edit_of_code_touches_what_uses_it_and_what_follows_until_it_is_reverted(place, file, expected):
    path = code(place, file)
    before = path.read_text() if path.exists() else ""
    path.write_text(before + "ANOTHER = 2\n")
    assert stale(place) == expected
    path.write_text(before)
    assert stale(place) == []


@pytest.mark.parametrize("file", [file for file in MODULES if file.endswith(".py")])
def test_a_comment_or_docstring_touches_nothing(place, file):
    path = code(place, file)
    path.write_text('"""What it is for."""\n\n# a comment\n' + path.read_text())
    assert stale(place) == []


def test_one_raw_file_is_one_shard_and_what_follows(place):
    (place.raw("letters") / "3.pose").write_text("changed")
    assert stale(place)[0] == "keypoints/letters/00001"
    assert "keypoints/letters/00000" not in stale(place)
    assert stale(place)[1:3] == ["pack/letters", "pack/words"]


def test_one_raw_file_of_a_folder_of_frames_is_seen(place, monkeypatch):
    frame = place.raw("letters") / "3.pose" / "0001.png"
    (place.raw("letters") / "3.pose").unlink()
    frame.parent.mkdir()
    frame.write_text("a picture")
    make(Place(place.params, place.root))
    frame.write_text("another")
    assert stale(place) == []  # overwritten in place: a plan looks at the folder alone
    monkeypatch.setenv(VERIFY, "1")
    assert stale(place)[0] == "keypoints/letters/00001"
    frame.write_text("a picture")
    monkeypatch.delenv(VERIFY)
    (frame.parent / "new").write_text("another")
    (frame.parent / "new").replace(frame)
    assert stale(place)[0] == "keypoints/letters/00001"


def test_a_plan_reads_no_raw_file_that_the_acquire_job_has_read(place):
    for memory in (place.root / "scratch" / "seen").rglob("*.raw.json"):
        memory.unlink()
    with pytest.raises(SignScaleError, match=r"0\.pose: .* run `signscale why keypoints` once"):
        records.settle(Place(place.params, place.root, reading=Allowance(0)))
    records.finish(place, "acquire/letters", records.begin(place, "acquire/letters"))
    assert all(records.settle(Place(place.params, place.root, reading=Allowance(0))).values())


def test_one_clip_more_is_one_shard_and_the_manifests_readers(place):
    (place.raw("letters") / "5.pose").write_text("5")
    acquire_again(place, CLIPS + 1)
    assert stale(place)[:2] == ["keypoints/letters/00002", "pack/letters"]


def test_a_manifest_that_its_job_did_not_make_is_made_again_before_its_readers_are_known(place):
    write_rows(place, CLIPS + 1)
    assert stale(place)[:3] == ["acquire/letters", "acquire/words", "pack/letters"]


def test_another_version_of_a_package_touches_what_it_computes(place):
    lock = place.root / "envs" / "base.txt"
    before = lock.read_text()
    lock.write_text(before.replace("torch==2.13.0", "torch==2.14.0"))
    assert stale(Place(place.params, place.root)) == ["text", *AFTER_PACK, *AFTER_FINETUNE, *BASELINE, "report"]
    lock.write_text(before.replace("pytest==9.2.0", "pytest==9.3.0"))
    assert stale(Place(place.params, place.root)) == []


def test_where_a_result_was_made_decides_nothing(place):
    record = place.record("pack/letters")
    content = read_json(record)
    assert content["made"]["lock"] == {"envs/base.txt": sha256(place.root / "envs" / "base.txt")}
    assert content["made"]["machine"]["cores"] == os.cpu_count()
    write_json(record, content | {"made": {"commit": "another", "machine": "another"}})
    assert stale(place) == []


def test_a_touch_changes_nothing(place):
    for path in [*place.raw("letters").iterdir(), *code(place, "pack").iterdir(), place.manifest("letters")]:
        os.utime(path)
    assert stale(place) == []


def test_without_the_raw_data_the_keypoints_stay_fresh(place):
    shutil.rmtree(place.root / "data")
    shutil.rmtree(place.root / "scratch")
    assert stale(place) == []


def test_a_missing_result_in_the_middle_leaves_what_follows_fresh(place):
    place.record("pack/letters").unlink()
    assert stale(place) == ["pack/letters"]


def test_records_of_another_version_are_stale(place):
    """Outputs of an older commit checked out under newer params must not pass as the newer ones."""
    newer = place.params.model_copy(update={"seed": 7})
    kept = place.root / "older"
    shutil.copytree(place.results, kept)
    make(Place(newer, place.root))
    assert stale(place, newer) == []
    shutil.rmtree(place.results)
    shutil.copytree(kept, place.results)
    assert "pretrain" in stale(place, newer)
    assert stale(place) == []


def test_times_say_what_the_records_say(place):
    for path in place.results.rglob("*"):
        os.utime(path)
    params = place.params.model_copy(update={"report": place.params.report.model_copy(update={"examples": 1})})
    records.settle(Place(params, place.root))

    def time(path):
        return path.stat().st_mtime

    assert time(place.stamp("report")) > time(place.record("report"))
    assert time(place.stamp("text")) < time(place.record("text"))
    assert time(place.record("text")) == time(place.record("pretrain"))


def test_a_stale_stamp_is_newer_than_a_record_from_the_future(place):
    os.utime(place.record("report"), (4e9, 4e9))
    params = place.params.model_copy(update={"report": place.params.report.model_copy(update={"examples": 1})})
    records.settle(Place(params, place.root))
    assert place.stamp("report").stat().st_mtime > 4e9


def test_a_step_does_not_begin_with_other_params_than_planned(place):
    params = place.params.model_copy(update={"pack": place.params.pack.model_copy(update={"min_frames": 9})})
    with pytest.raises(SignScaleError, match=r"pack/letters: .* changed since this run was planned"):
        records.begin(Place(params, place.root), "pack/letters")


def test_a_step_leaves_no_record_without_those_before_it(place):
    begun = records.begin(place, "pack/letters")
    place.record("keypoints/letters/00001").unlink()
    with pytest.raises(SignScaleError, match="run snakemake keypoints"):
        records.finish(place, "pack/letters", begun)


def test_resume_state_has_another_folder_for_other_params_code_or_data(place):
    other = place.params.model_copy(update={"seed": 7})

    def name(params: Params = place.params) -> str:
        return records.fingerprint(Place(params, place.root), "pretrain")

    names = {name(), name(other)}
    (place.raw("letters") / "3.pose").write_text("changed")
    names.add(name())
    code(place, "data/schedule.py").write_text("RATE = 2\n")
    names.add(name())
    assert len(names) == 4


def test_before_the_manifest_is_there_only_what_needs_it_waits(place):
    place.manifest("letters").unlink()
    place = Place(place.params, place.root)
    assert not records.settle(place)["acquire/letters"]  # its manifest is missing
    assert place.stamp("pack/letters").read_text() == records.NOT_KNOWN
    assert records.fingerprint(place, "pretrain") == "unknown"


def test_a_manifest_whose_job_is_not_done_counts_as_not_there(place):
    """Else a graph that is updated meanwhile asks for shards that have no stamp yet."""
    early = Place(place.params, place.root, acquired=frozenset())
    assert definition.shard_counts(early) == {"letters": None}
    assert not [name for name in records.settle(early) if name.startswith("keypoints/")]
    assert place.stamp("pack/letters").read_text() == records.NOT_KNOWN
    assert records.settle(Place(place.params, place.root, acquired=frozenset(["letters", "words"])))["pack/letters"]


def test_what_people_brought_makes_the_manifest_anew_where_it_is_another(place):
    (place.raw("letters") / "lists").mkdir()
    for text in ("a", "b"):
        for file in ("index.csv", "lists/train.txt"):
            (place.raw("letters") / file).write_text(text)
            assert stale(place)[0] == "acquire/letters"
            make(Place(place.params, place.root))
            assert stale(place) == []
    shutil.rmtree(place.raw("letters"))
    assert stale(place) == []  # a clone with results and no raw data


def test_what_the_acquire_job_itself_makes_is_in_its_record(place):
    """A pose set's archive, made of a clone: the next run has nothing to do."""
    begun = records.begin(place, "acquire/letters")
    (place.raw("letters") / "index.csv").write_text("made")
    records.finish(Place(place.params, place.root), "acquire/letters", begun)
    assert records.settle(Place(place.params, place.root))["acquire/letters"]


def test_what_changes_while_it_is_read_is_refused(place):
    (place.raw("letters") / "index.csv").write_text("a")
    make(Place(place.params, place.root))
    begun = records.begin(Place(place.params, place.root), "acquire/letters")
    (place.raw("letters") / "index.csv").write_text("other")
    with pytest.raises(SignScaleError, match=r"index\.csv: changed while acquire/letters read it"):
        records.finish(Place(place.params, place.root), "acquire/letters", begun)


def test_a_record_holds_size_and_sha256_of_every_output(place):
    outputs = read_json(place.record("pretrain"))["outputs"]
    assert outputs == {"weights": {"bytes": len("of pretrain"), "sha256": sha256(weights(place))}}
    assert list(read_json(place.record("acquire/letters"))["outputs"]) == ["letters.parquet"]


@pytest.mark.parametrize("content", ["OF pretrain", "of", "of pretrain and more", None])
def test_a_flipped_cut_longer_or_missing_output_is_made_again(place, content):
    weights(place).write_text(content) if content else weights(place).unlink()
    assert stale(place) == ["pretrain"]
    make(Place(place.params, place.root))
    assert stale(place) == []


def test_an_output_of_equal_size_and_time_is_read_with_verify_alone(place, monkeypatch):
    time = weights(place).stat().st_mtime_ns
    weights(place).write_text("OF pretrain")
    os.utime(weights(place), ns=(time, time))
    assert stale(place) == []
    monkeypatch.setenv(VERIFY, "1")
    assert stale(place) == ["pretrain"]


def test_outputs_are_read_once_after_a_pull(place, monkeypatch):
    shutil.rmtree(place.root / "scratch")
    assert stale(place) == []
    monkeypatch.setattr("signscale.provenance.outputs.sha256", lambda path: pytest.fail(f"{path} is read again"))
    assert stale(place) == []


def test_what_was_made_of_other_outputs_is_stale(place):
    """A run that is killed after a step was made again, with other bytes."""
    weights(place).unlink()
    begun = records.begin(place, "pretrain")
    weights(place).write_text("other weights")
    records.finish(place, "pretrain", begun)
    assert stale(place) == ["finetune/signs/pretrained-1", "report"]


TORN = ["", "{", "{}", "[]", "null", "\0" * 9, "[" * 100_000, '{"step": 1}', "outputs"]


@pytest.mark.parametrize(
    ("name", "content"),
    [("pretrain", content) for content in TORN]
    + [(name, "{") for name in ("acquire/letters", "keypoints/letters/00000", "pack/letters", "report")],
    ids=lambda value: value[:9],
)
def test_a_torn_record_makes_its_step_again_and_says_so(place, name, content):
    record = place.record(name)
    if content == "outputs":
        content = json.dumps(read_json(record) | {"outputs": {"weights": []}})
    record.write_text(content)
    assert stale(place)[0] == name
    assert reasons(place)[name] == ["provenance record torn"]
    make(Place(place.params, place.root))
    assert stale(place) == []


def test_an_output_older_than_any_stamp_gets_a_later_time(place):
    output = weights(place)
    os.utime(output, (0, 0))
    assert stale(place) == []
    assert output.stat().st_mtime > place.stamp("pretrain").stat().st_mtime
