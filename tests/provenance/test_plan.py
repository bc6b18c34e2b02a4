"""The plan of a run: when corpora count as acquired, what the user reads first, and which stages a run completed."""

import shutil
import subprocess
import sys

import pytest
from made_repository import CLIPS, acquire_again, make, write_rows

from signscale.errors import SignScaleError
from signscale.params import load_params
from signscale.provenance import availability
from signscale.provenance.place import Place
from signscale.provenance.plan import Plan, plan_of


@pytest.fixture
def _as_on_a_machine_with_all(monkeypatch):
    """No corpus of the made-up repository is fetched, nor lacks a split."""
    monkeypatch.setattr(availability, "to_fetch", lambda params, root: {})
    monkeypatch.setattr("signscale.provenance.plan.missing_split", lambda params, benchmark, root: "")


@pytest.fixture
def plan(place, _as_on_a_machine_with_all) -> Plan:
    """The plan of a run in the made-up repository."""
    return Plan(place.params, {"bobsl": "BOBSL is left out"}, place.root)


def test_a_run_names_what_is_missing_and_why_a_stage_reruns_but_not_what_only_follows(plan, place):
    (place.root / "src" / "signscale" / "data" / "masking.py").write_text("RATIO = 0.5\n")
    assert plan.start(dry_run=True) == ["bobsl: BOBSL is left out", "pretrain: data/masking.py changed"]


def test_what_was_never_made_is_no_reason_to_name(plan, place):
    shutil.rmtree(place.results / "report")
    assert plan.start(dry_run=True) == ["bobsl: BOBSL is left out"]


def test_a_dry_run_has_stamps_of_its_own_and_keeps_no_decision(plan, place):
    plan.start(dry_run=True)
    assert plan.place.stamp("text").is_relative_to(place.root / "scratch" / "planned")
    decision = place.stamp("absent")
    assert not decision.exists()
    again = Plan(plan.params, plan.absent, place.root)
    again.start(dry_run=False)
    assert again.place.stamp("text").is_relative_to(place.root / "scratch" / "stamps")
    assert decision.read_text() == '[\n "bobsl"\n]\n'


def test_a_manifest_that_was_written_since_the_start_counts_once_its_job_is_done(plan, place):
    write_rows(place, CLIPS + 1)  # a sixth clip: three shards of two as before, but another manifest
    plan.start(dry_run=False)
    assert "keypoints/letters/00000" not in plan.steps
    acquire_again(place, CLIPS + 1)
    assert plan.take_acquired("letters")
    assert [name for name in plan.steps if name.startswith("keypoints/")] == [
        f"keypoints/letters/{k:05d}" for k in range(3)
    ]
    assert not plan.take_acquired("letters")


def test_shards_records_and_resume_folders_are_those_of_the_params(plan, place):
    plan.start(dry_run=False)
    assert plan.shards("letters") == [f"{place.results}/keypoints/letters/{k:05d}.h5" for k in range(3)]
    assert plan.records_before("evaluate/signs/nearest") == [f"{place.results}/pack/letters/provenance.json"]
    former = plan.resume_folder("pretrain")
    assert former.startswith("scratch/pretrain/")
    params = place.params.model_copy(update={"seed": place.params.seed + 1})
    assert Plan(params, {}, place.root).resume_folder("pretrain") != former


def test_a_run_completed_the_stages_from_the_first_that_was_not(plan, place):
    assert plan.completed() == []  # nothing was asked for
    shutil.rmtree(place.results / "evaluate")
    plan.start(dry_run=False)
    assert plan.completed() == []
    make(Place(place.params, place.root))
    assert plan.completed() == ["evaluate", "report"]


def test_acquire_is_no_stage_of_dvc(plan, place):
    shutil.rmtree(place.results / "acquire")
    write_rows(place, CLIPS)
    plan.start(dry_run=False)
    make(Place(place.params, place.root))
    assert plan.completed()[0] == "keypoints"


def test_a_benchmark_without_a_split_ends_the_run_before_and_after_the_corpus_is_acquired(plan, place, monkeypatch):
    found = []
    monkeypatch.setattr("signscale.provenance.plan.missing_split", lambda params, benchmark, root: "".join(found))
    write_rows(place, CLIPS + 1)
    plan.start(dry_run=False)
    plan.take_benchmark("signs")  # not known yet
    found.append("signs: no test clip")
    with pytest.raises(SignScaleError, match="signs: no test clip"):
        plan.take_benchmark("signs")
    with pytest.raises(SignScaleError, match="signs: no test clip"):
        plan.take_acquired("letters")
    assert plan.take_acquired("words")  # no benchmark of this run


def test_only_the_preset_comes_from_the_command_line(root, monkeypatch):
    monkeypatch.chdir(root)
    assert plan_of({"preset": "demo"}, planning=True).params.preset == "demo"
    with pytest.raises(SignScaleError, match=r"^--config seed: .*dvc exp run -S seed="):
        plan_of({"preset": "demo", "seed": 3}, planning=True)
    with pytest.raises(SignScaleError, match=r"^--config presett: only --config preset=NAME .* in params\.yaml$"):
        plan_of({"preset": "demo", "presett": 3}, planning=True)


def test_under_dvc_the_preset_is_that_of_the_params(root, monkeypatch):
    monkeypatch.chdir(root)
    monkeypatch.setenv("DVC_STAGE", "pack")
    other = next(name for name in ("demo", "paper") if name != load_params(".").preset)
    with pytest.raises(SignScaleError, match=r"change the preset in params\.yaml instead"):
        plan_of({"preset": other}, planning=True)


def test_a_plan_imports_neither_torch_nor_the_library_of_the_hub(root):
    rules = (root / "workflow" / "rules" / "common.smk").read_text(encoding="utf-8").splitlines()
    imports = [line for line in rules if line.startswith("from signscale")]
    heavy = 'import sys; print([name for name in ("torch", "transformers", "huggingface_hub") if name in sys.modules])'
    done = subprocess.run(
        [sys.executable, "-c", "\n".join([*imports, heavy])], capture_output=True, text=True, check=True
    )
    assert len(imports) > 5
    assert done.stdout == "[]\n"
