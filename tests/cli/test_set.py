"""Values of the command line: they change what a command makes, stand in its record, and the workflow refuses them."""

import os
import subprocess
import sys

import pytest
from tiny_world import make_world

from signscale.cli import job
from signscale.errors import SignScaleError
from signscale.formats.files import read_json, sha256


def test_a_model_made_by_hand_has_a_record_with_the_values_of_the_command_line(root, tmp_path):
    world = make_world(tmp_path, root)
    given = ["--pack", "pack/letters", "--text", "text/store.h5", "--set", "finetune.islr.epochs=1"]
    command = [sys.executable, "-m", "signscale", "finetune", "letters", "scratch", "1", "out", *given]
    env = {**os.environ, "PYTHONPATH": str(root / "src")}
    subprocess.run(command, cwd=tmp_path, env=env, check=True, timeout=300)
    assert len((tmp_path / "out" / "curves.jsonl").read_text().splitlines()) == 1

    record = read_json(tmp_path / "out" / "provenance.json")
    assert record["step"] == "signscale finetune"
    assert record["set"] == ["finetune.islr.epochs=1"]
    assert record["params"]["finetune"]["islr"]["epochs"] == 1
    assert record["params"]["finetune"]["cslr"]["epochs"] == world.params.finetune.cslr.epochs == 2
    assert record["inputs"]["text"] == {"store.h5": sha256(world.text)}
    assert record["inputs"]["pack"]["shard.h5"] == sha256(world.packs[0] / "shard.h5")
    assert {"finetune/run.py", "tasks/islr.py", "tasks/heads/classifier.py"} <= set(record["code"])
    assert "tasks/cslr.py" not in record["code"]
    weights = tmp_path / "out" / "model.safetensors"
    assert record["outputs"]["model.safetensors"] == {"bytes": weights.stat().st_size, "sha256": sha256(weights)}


def test_a_step_of_the_workflow_takes_no_values(monkeypatch):
    monkeypatch.setattr(job, "_begun", ["a step"])
    with pytest.raises(
        SignScaleError, match=r"^--set seed=2: a job of the workflow takes no --set; write the value into params\.yaml"
    ):
        job.params_of("demo", ["seed=2"])
