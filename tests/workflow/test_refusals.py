"""What is wrong is said in one line before any job; profiles are found by name."""

import hashlib
import re
import sys

import pytest


def refused(place, *arguments: str) -> list[str]:
    """What a run that must fail says on stderr, without Snakemake's line on the profiles it uses."""
    done = place.run("snakemake", "--profile", "local", *arguments)
    assert done.returncode == 1
    assert "Job stats" not in done.stdout + done.stderr
    return [line for line in done.stderr.splitlines() if not line.startswith("Using ")]


def test_a_mistyped_key_is_named_before_any_job(fresh):
    fresh.edit("params.yaml", "  clips_per_shard: 500", "  clips_pr_shard: 500")
    lines = refused(fresh, "all")
    fresh.edit("params.yaml", "  clips_pr_shard: 500", "  clips_per_shard: 500")
    assert lines == [
        "params.yaml with preset paper: keypoints.clips_per_shard: this key is missing",
        "params.yaml with preset paper: keypoints.clips_pr_shard: no such key; see params.yaml for the keys there are",
    ]


def test_a_value_out_of_range_is_named_with_what_is_allowed(fresh):
    fresh.edit("params.yaml", "min_hand_share: 0.1", "min_hand_share: 1.5")
    lines = refused(fresh, "all")
    fresh.edit("params.yaml", "min_hand_share: 1.5", "min_hand_share: 0.1")
    assert lines == [
        "params.yaml with preset paper: pack.min_hand_share: Input should be less than or equal to 1 (found 1.5)"
    ]


def test_config_other_than_the_preset_is_refused(fresh):
    (line,) = refused(fresh, "all", "--config", "seed=3")
    assert "params.yaml" in line
    assert "dvc exp run -S seed=" in line


def test_an_unknown_preset_is_refused(fresh):
    assert refused(fresh, "all", "--config", "preset=papper") == [
        "workflow/presets/papper.yaml: no such file; a preset is a file in workflow/presets"
    ]


def test_without_the_default_profile_nothing_runs(fresh):
    done = fresh.run("snakemake", "--cores", "1", "--workflow-profile", "none", "-n", "all")
    assert done.returncode == 1
    assert "profiles/default/profile.yaml does not hold" in done.stderr


@pytest.mark.parametrize("profile", ["local", "demo", "miniature", "slurm"])
def test_a_profile_is_found_by_its_name_and_plans_everything(fresh, profile):
    done = fresh.run("snakemake", "--profile", profile, "-n", "all")
    assert done.returncode == 0, done.stderr[-3000:]
    assert f"Using profiles {profile} and workflow specific profile profiles/default" in done.stderr
    assert "write_report" in done.stdout


def test_snakemake_finds_nothing_to_lint(fresh):
    done = fresh.run("snakemake", "--lint")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Congratulations, your workflow is in a good condition!" in done.stdout + done.stderr


def test_every_job_names_its_software_which_is_that_of_the_lock(root):
    """The container by `make env`; conda by its script, which makes another environment once the lock has changed."""
    for path in [root / "Snakefile", *sorted((root / "workflow" / "rules").glob("*.smk"))]:
        for rule in re.split(r"\n(?=rule |checkpoint )", path.read_text(encoding="utf-8"))[1:]:
            if "\n    shell:\n" in rule:
                (environment,) = re.findall(r'\n    conda:\n        "(.*)"', rule)
                assert (path.parent / environment).resolve() == root / "envs" / "conda.yaml"
    assert '\ncontainer: "containers/signscale.sif"\n' in (root / "Snakefile").read_text(encoding="utf-8")
    assert "\n    make env\n" in (root / "containers" / "signscale.def").read_text(encoding="utf-8")
    script = (root / "envs" / "conda.post-deploy.sh").read_text(encoding="utf-8")
    assert f"{hashlib.sha256((root / 'envs' / 'base.txt').read_bytes()).hexdigest()}  envs/base.txt" in script


def test_only_with_sdm_a_job_takes_the_python_of_its_container_or_environment(fresh):
    """Snakemake asks for apptainer or conda before it plans, so a substitute for it lies on the path."""
    (fresh.root / "bin").mkdir()
    (fresh.root / "bin" / "apptainer").write_text("#!/bin/sh\necho apptainer version 1.3.0\n")
    (fresh.root / "bin" / "apptainer").chmod(0o755)
    target = ["-n", "--printshellcmds", "--config", "preset=demo", "--", "results/demo/text/store.h5"]
    plain = fresh.run("snakemake", "--cores", "2", *target)
    deployed = fresh.run("env", f"PATH={fresh.root / 'bin'}:{fresh.surroundings['PATH']}", "snakemake", "--cores", "2",
                         "--sdm", "apptainer", *target)  # fmt: skip
    assert deployed.returncode == plain.returncode == 0, deployed.stdout + deployed.stderr
    assert f"{sys.executable} -u -m signscale --step demo/acquire/" in plain.stdout
    assert "env PYTHONPATH=src python -u -m signscale --step demo/acquire/" in deployed.stdout
    assert sys.executable not in deployed.stdout


def test_every_job_has_a_log_a_benchmark_a_message_and_resources(root):
    """The graph in docs/how-it-works.md has each rule of the demo, which has no licensed corpora and no ablations."""
    elsewhere = (
        "write_audit",
        "fetch_annotations",
        "fetch_part",
        "fetch_models",
        "ablation_table",
        "ablation_verdicts",
    )
    shown = (root / "docs" / "how-it-works.md").read_text(encoding="utf-8").partition("<!-- make dag -->")[2]
    for path in sorted((root / "workflow" / "rules").glob("*.smk")):
        for rule in re.split(r"\n(?=rule |checkpoint )", path.read_text(encoding="utf-8"))[1:]:
            name = rule.split(":")[0].split()[1]
            if "\n    shell:\n" in rule:
                for part in ("log", "benchmark", "message", "resources", "params"):
                    assert f"\n    {part}:\n" in rule, f"{name} has no {part}"
                assert "mem_mb=" in rule
                assert "runtime=" in rule
                assert name in elsewhere or f" {name}" in shown
