"""What the real workflow would run again after which change; and that Snakemake and DVC agree on it."""

import json
import os

from workplace import git, job_names

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


def test_a_comment_in_code_reruns_its_stage_and_what_follows_until_it_is_reverted(workplace):
    code = workplace.root / "src" / "signscale" / "evaluate" / "run.py"
    before = code.read_text(encoding="utf-8")
    code.write_text(before + "# a comment\n", encoding="utf-8")
    assert workplace.planned("all") == {"evaluate_run": 2, "evaluate_baseline": 1, "write_report": 1}
    code.write_text(before, encoding="utf-8")
    assert workplace.planned("all") == {}


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


def test_acquiring_equal_raw_data_again_reruns_nothing_else(workplace):
    code = workplace.root / "src" / "signscale" / "acquire" / "run.py"
    code.write_text(code.read_text(encoding="utf-8") + "# a comment\n", encoding="utf-8")
    output = workplace.snakemake("all")
    assert output.count(": acquire: ") == 2
    assert not any(f": {name}: " in output for name in ("keypoints", "pack", "text", "pretrain", "finetune", "report"))


def test_jobs_that_wait_are_looked_at_when_one_ends_and_not_by_the_clock(workplace):
    """Snakemake's default rate limit would look once a second more for every job that has ended."""
    workplace.edit("params.yaml", "confidence: 0.95", "confidence: 0.8")
    output = workplace.snakemake("evaluate", "--cores", "1", "--verbose")
    assert output.count("evaluate: ") >= 3
    assert output.count("Ready jobs: ") <= 2 * 3


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
    metrics = json.loads(workplace.dvc("metrics", "diff", "--json", "HEAD~1"))
    changes = [(key, change["diff"]) for file in metrics.values() for key, change in file.items() if "diff" in change]
    narrower = {key.rpartition(".")[2]: [] for key, _ in changes}
    for key, difference in changes:
        narrower[key.rpartition(".")[2]].append(difference)
    assert set(narrower) == {"low", "high"}
    assert min(narrower["low"]) > 0 > max(narrower["high"])
    workplace.dvc("plots", "show", "--out", "scratch/plots")
    assert "train_loss" in (workplace.root / "scratch" / "plots" / "index.html").read_text(encoding="utf-8")

    git(workplace.root, "checkout", "--quiet", "HEAD~1")  # the older params, the newer results and Snakemake's records
    assert workplace.planned("all") == {"evaluate_run": 2, "evaluate_baseline": 1, "write_report": 1}
    workplace.dvc("checkout")
    assert workplace.planned("all") == {}
    assert workplace.dvc_status() == {}
    git(workplace.root, "checkout", "--quiet", "main")
    workplace.dvc("checkout")
    assert workplace.planned("all") == {}
