"""Threads of a command called by hand: those of the workflow's job, unless somebody has set them."""

import os
import re
import subprocess
import sys

import pytest

from signscale import cpus
from signscale.cli.threads import THREADS, VARIABLE, set_threads

COUNT = "from signscale.cli.threads import set_threads; set_threads({!r}); import torch; print(torch.get_num_threads())"


def torch_threads(command: str, environment: dict[str, str]) -> int:
    done = subprocess.run(
        [sys.executable, "-c", COUNT.format(command)], env=environment, capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def test_torch_computes_with_so_many(root):
    free = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    free["PYTHONPATH"] = str(root / "src")
    assert torch_threads("index", free) == 1
    two = min(2, len(os.sched_getaffinity(0)))
    assert torch_threads("pretrain", free) == two
    assert torch_threads("index", free | {VARIABLE: "2"}) == two


@pytest.mark.parametrize(("command", "granted", "threads"), [("index", 8, "1"), ("text", 8, "2"), ("text", 1, "1")])
def test_no_more_than_granted(monkeypatch, command, granted, threads):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(cpus, "_granted", [])  # by what a test before this one called
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(granted)))
    set_threads(command)
    assert os.environ.pop(VARIABLE) == threads


def test_a_command_without_torch_is_left_alone(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    set_threads("keypoints")
    assert VARIABLE not in os.environ


def test_the_numbers_are_those_of_the_rules(root):
    rules = {"pretrain": "pretrain_model", "text": "encode_text", "finetune": "finetune_run", "report": "write_report"}
    for command, rule in rules.items():
        text = (root / "workflow" / "rules" / f"{command}.smk").read_text()
        body = text.partition(f"rule {rule}:")[2].partition("\nrule ")[0]
        found = re.search(r"threads: (\d+)", body)
        assert int(found.group(1) if found else 1) == THREADS[command]
