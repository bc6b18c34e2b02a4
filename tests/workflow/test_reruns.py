"""What the real workflow would run again after which change; and that Snakemake and DVC agree on it."""

import json
import os

import pytest
from ruamel.yaml import YAML
from workplace import git, job_counts, job_names

TRAINED = {"finetune_run": 2, "evaluate_run": 2, "write_report": 1}


def test_after_a_run_there_is_nothing_to_do(workplace):
    assert workplace.planned("all") == {}
    assert all(workplace.planned(name) == {} for name in ("keypoints", "evaluate"))


def test_a_pack_param_never_extracts_again(workplace):
    workplace.edit("params.yaml", "min_frames: 4 ", "min_frames: 5 ")
    assert workplace.planned("all") == {"pack_corpus": 2, "pretrain_model": 1, "evaluate_baseline": 1, **TRAINED}


def test_an_evaluate_param_trains_nothing(workplace):
    workplace.edit("params.yaml", "confidence: 0.95", "confidence: 0.9")
    assert workplace.planned("all") == {"evaluate_run": 2, "evaluate_baseline": 1, "write_report": 1}


def test_a_touch_changes_nothing(workplace):
    for pattern in ("data/raw/**/*", "results/tiny/pack/**/*", "results/tiny/acquire/*", "src/signscale/model/*.py"):
        for path in workplace.root.glob(pattern):
            os.utime(path)
    assert workplace.planned("all") == {}


def append(workplace, file: str, text: str) -> None:
    """Add to a file of the copy's code."""
    with (workplace.root / "src" / "signscale" / file).open("a", encoding="utf-8") as code:
        code.write(text)


def test_a_comment_a_colour_and_an_unused_file_rerun_nothing(workplace):
    append(workplace, "model/encoder.py", "# a comment\n")
    append(workplace, "keypoints/drawing/overlay.py", "ANOTHER_COLOUR = 1\n")
    unused = workplace.root / "src" / "signscale" / "model" / "unused.py"
    unused.write_text("X = 1\n", encoding="utf-8")
    plan = workplace.planned("all")
    unused.unlink()
    assert plan == {}


def test_masking_decides_pretraining_and_what_starts_from_it_until_the_edit_is_accepted(workplace):
    append(workplace, "data/masking.py", "ANOTHER = 1\n")
    output = workplace.snakemake("all", "-n")
    assert job_counts(output) == {"pretrain_model": 1, "finetune_run": 1, "evaluate_run": 1, "write_report": 1}
    assert "pretrain: data/masking.py changed\n" in output
    accepted = workplace.run("signscale", "accept", "pretrain", "report", "--why", "nobody uses it")
    plan = workplace.planned("all")
    record = workplace.run("signscale", "provenance", "results/tiny/pretrain").stdout
    (workplace.root / "workflow" / "accepted.yaml").unlink()
    assert accepted.returncode == 0, accepted.stderr
    assert plan == {}
    assert ": nobody uses it\n" in record
    workplace.dvc("checkout", "--force")


@pytest.mark.parametrize(
    ("tool", "damage"),
    [
        ("dvc repro pretrain", "flipped"),
        ("snakemake --profile local pretrain", "missing"),
        pytest.param("dvc repro pretrain", "missing", marks=pytest.mark.scenarios),
        pytest.param("snakemake --profile local pretrain", "flipped", marks=pytest.mark.scenarios),
    ],
)
def test_a_damaged_or_missing_output_is_made_again_by_either_tool(workplace, damage, tool):
    weights = workplace.root / "results" / "tiny" / "pretrain" / "model.safetensors"
    before = weights.read_bytes()
    weights.unlink()
    if damage == "flipped":
        weights.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
    word = "damaged" if damage == "flipped" else "missing"
    said = workplace.run("signscale", "why", "pretrain").stdout
    done = workplace.run(*tool.split())
    assert said == f"pretrain: output model.safetensors {word}\n"
    assert done.returncode == 0, done.stderr[-3000:]
    assert weights.read_bytes() == before
    workplace.run("git", "checkout", "--quiet", "dvc.lock")
    workplace.dvc("checkout", "--force")
    assert workplace.planned("all") == {}


def test_a_dry_run_changes_nothing_that_a_running_job_reads(workplace):
    before = {path: path.read_bytes() for path in (workplace.root / "scratch" / "stamps").rglob("*.json")}
    workplace.edit("params.yaml", "seed: 1  #", "seed: 2  #")
    assert "pretrain_model" in workplace.planned("all")
    assert {path: path.read_bytes() for path in (workplace.root / "scratch" / "stamps").rglob("*.json")} == before


def test_a_job_refuses_the_resume_state_of_another_run(workplace):
    command = ("pretrain", "scratch/out", "--text", "results/tiny/text/store.h5", "--scratch", "scratch/pretrain/other")
    done = workplace.run(
        "signscale", "--step", "tiny/pretrain", *command[:2], "results/tiny/pack/fingerspelling", *command[2:]
    )
    assert done.returncode == 1
    assert "scratch/pretrain/other: resume state of another run" in done.stderr


def test_a_bare_call_starts_nothing_and_says_what_there_is(workplace):
    output = workplace.snakemake()
    assert "Nothing was started." in output
    assert "acquire" not in [line.split(":")[0] for line in output.splitlines()]


def test_an_experiment_changes_its_value_alone(workplace):
    """Also to readers of YAML 1.2; every other line stays as it was."""
    workplace.commit("before the experiment")
    text = (workplace.root / "params.yaml").read_text(encoding="utf-8")
    before = YAML(typ="safe").load(text)
    before["report"]["examples"] = 2
    workplace.dvc("exp", "run", "--name", "fewer", "-S", "report.examples=2")
    changed = (workplace.root / "params.yaml").read_text(encoding="utf-8")
    assert changed == text.replace("  examples: 8  #", "  examples: 2  #")
    assert YAML(typ="safe").load(changed) == before
    assert workplace.run("signscale", "params").returncode == 0
    changes = json.loads(workplace.dvc("params", "diff", "--json"))
    assert changes == {"params.yaml": {"report.examples": {"old": 8, "new": 2, "diff": -6}}}
    for command in (["exp", "show", "--csv"], ["exp", "apply", "fewer"]):
        git(workplace.root, "checkout", "--quiet", "params.yaml", "dvc.lock")
        workplace.dvc("checkout", "--force")
        assert "fewer" in workplace.dvc(*command)
    assert YAML(typ="safe").load(workplace.root / "params.yaml") == before
    git(workplace.root, "checkout", "--quiet", "params.yaml", "dvc.lock")
    workplace.dvc("checkout", "--force")


def test_one_raw_file_is_one_shard_and_what_follows(workplace):
    clip = min((workplace.root / "data" / "raw" / "fingerspelling").rglob("*.pose"))
    before = clip.read_bytes()
    clip.write_bytes(before + b"\0")
    plan = workplace.planned("all")
    clip.write_bytes(before)
    expected = {"extract_shard": 1, "pack_corpus": 2, "pretrain_model": 1, "evaluate_baseline": 1, **TRAINED}
    assert plan == expected
    assert workplace.planned("all") == {}


def test_without_the_raw_data_there_is_nothing_to_do(workplace):
    data = workplace.root / "data"
    data.rename(workplace.root / "elsewhere")
    plan = workplace.planned("all")
    (workplace.root / "elsewhere").rename(data)
    assert plan == {}


@pytest.mark.scenarios
def test_acquiring_equal_raw_data_again_reruns_nothing_else(workplace):
    append(workplace, "acquire/run.py", "ANOTHER = 1\n")
    output = workplace.snakemake("all")
    assert output.count(": acquire: ") == 2
    assert not any(f": {name}: " in output for name in ("keypoints", "pack", "text", "pretrain", "finetune", "report"))


@pytest.mark.scenarios
def test_jobs_that_wait_are_looked_at_when_one_ends_and_not_by_the_clock(workplace):
    """Snakemake's default rate limit would look once a second more for every job that has ended."""
    workplace.edit("params.yaml", "confidence: 0.95", "confidence: 0.8")
    output = workplace.snakemake("evaluate", "--cores", "1", "--verbose")
    assert output.count("evaluate: ") >= 3
    assert output.count("Ready jobs: ") <= 2 * 3


@pytest.mark.scenarios
def test_dvc_and_snakemake_agree_after_either_has_rerun_a_param(workplace):
    workplace.snakemake("all")  # puts back what the tests before this one left
    assert workplace.dvc_status() == {}
    workplace.commit("before")
    workplace.edit("params.yaml", "confidence: 0.95", "confidence: 0.9")
    repro = workplace.run("dvc", "repro")
    assert repro.returncode == 0, repro.stderr[-3000:]
    assert job_names(repro.stdout + repro.stderr) == {"evaluate", "report"}
    assert workplace.planned("all") == {}
    assert workplace.dvc_status() == {}

    workplace.edit("params.yaml", "title: SignScale", "title: Signs")
    assert job_names(workplace.snakemake("all")) == {"report"}
    assert workplace.dvc_status() == {}
    workplace.commit("after")

    params = json.loads(workplace.dvc("params", "diff", "--json", "HEAD~1"))["params.yaml"]
    assert {key: (change["old"], change["new"]) for key, change in params.items()} == {
        "evaluate.confidence": (0.95, 0.9),
        "report.title": ("SignScale", "Signs"),
    }
    shown = json.loads(workplace.dvc("metrics", "show", "--json"))[""]["data"]
    assert set(shown) == {"results/tiny/report/metrics/letters.json"}
    assert set(shown["results/tiny/report/metrics/letters.json"]["data"]) == {"nearest", "pretrained", "scratch"}
    assert max(map(len, workplace.dvc("metrics", "show").splitlines())) <= 100
    assert json.loads(workplace.dvc("metrics", "diff", "--json", "HEAD~1")) == {}  # an interval is no main figure
    workplace.dvc("plots", "show", "--out", "scratch/plots")
    drawn = (workplace.root / "scratch" / "plots" / "index.html").read_text(encoding="utf-8")
    assert "train_loss" in drawn and "letters pretrained-1" in drawn

    git(workplace.root, "checkout", "--quiet", "HEAD~1")  # the older params, the newer results and Snakemake's records
    assert workplace.planned("all") == {"evaluate_run": 2, "evaluate_baseline": 1, "write_report": 1}
    workplace.dvc("checkout")
    assert workplace.planned("all") == {}
    assert workplace.dvc_status() == {}
    git(workplace.root, "checkout", "--quiet", "main")
    workplace.dvc("checkout")
    assert workplace.planned("all") == {}
