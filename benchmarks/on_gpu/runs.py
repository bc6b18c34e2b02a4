"""Whole small runs of pre-training under DeepSpeed: every ZeRO stage starts and agrees, a killed run goes on."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from safetensors.torch import load_file

from .part import ROOT, rounded

sys.path.insert(0, str(ROOT / "tests"))
from tiny_world import make_world

STILL = {"model": {"dropout": 0.0}}  # each rank draws its own
LIMIT = 200  # seconds


def surroundings() -> dict[str, str]:
    """This process's, with the code and the tests on the path, and no word of a launcher."""
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")])
    left = {name: value for name, value in os.environ.items() if name not in ("RANK", "LOCAL_RANK", "WORLD_SIZE")}
    return left | {"PYTHONPATH": path}


def log(world: Path) -> list[dict]:
    """The lines of a run's log."""
    return [json.loads(line) for line in (world / "out" / "log.jsonl").read_text(encoding="utf-8").splitlines()]


def zero_stages(device: str) -> dict:
    """Stages 0 to 3, bf16 on a GPU, a rank for each GPU (two on a CPU): the last loss of each, and how far apart."""
    ranks = torch.cuda.device_count() if device == "cuda" else 2
    precision = "bf16" if device == "cuda" else "fp32"
    with tempfile.TemporaryDirectory() as name:
        worlds = []
        for stage in range(4):
            changes = STILL | {"deepspeed": {"zero_stage": stage, "precision": precision}}
            worlds.append(make_world(Path(name) / f"zero{stage}", ROOT, {"pretrain": changes}).root)
        worker = [str(ROOT / "tests" / "pretrain" / "many_runs.py"), *map(str, worlds)]
        launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks)] if ranks > 1 else []
        begin = time.perf_counter()
        command = [sys.executable, *launch, *worker]
        done = subprocess.run(command, env=surroundings(), capture_output=True, text=True, timeout=LIMIT, check=False)
        seconds = time.perf_counter() - begin
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        if wrong := [path.read_text(encoding="utf-8") for world in worlds for path in world.glob("error*.txt")]:
            raise RuntimeError(wrong[0])
        losses = [[line["loss"] for line in log(world)] for world in worlds]
    first, *others = losses
    apart = max(abs(a / b - 1) for other in others for a, b in zip(other, first, strict=True))
    found = {f"zero {stage} last loss": rounded(of[-1], 7) for stage, of in enumerate(losses)}
    close = apart < (5e-2 if precision == "bf16" else 1e-4)
    sizes = {"ranks": ranks, "precision": precision, "steps": len(first), "seconds": round(seconds, 1)}
    return sizes | found | {"apart": rounded(apart, 3), "close": close}


def resume_after_a_kill(device: str) -> dict:
    """An undisturbed run, and one killed by SIGKILL and started again: are logs and weights equal?"""
    changes = STILL | {"epochs": 20, "checkpoint_every": 5}  # 60 steps
    command = [sys.executable, "-m", "signscale", "pretrain", "out", "pack/letters", "pack/words"]
    command += ["--text", "text/store.h5", "--scratch", "scratch"]
    with tempfile.TemporaryDirectory() as name:
        whole, killed = (make_world(Path(name) / k, ROOT, {"pretrain": changes}).root for k in ("whole", "killed"))

        def start(world: Path) -> subprocess.Popen:
            with (world / "said.txt").open("ab") as said:
                return subprocess.Popen(command, cwd=world, env=surroundings(), stdout=said, stderr=said)

        undisturbed, first = start(whole), start(killed)
        lines, until = killed / "scratch" / "log.jsonl", time.monotonic() + LIMIT
        while not lines.exists() or lines.read_bytes().count(b"\n") < 12:
            if first.poll() is not None or time.monotonic() > until:
                raise RuntimeError((killed / "said.txt").read_text(encoding="utf-8")[-2000:])
            time.sleep(0.002)
        first.send_signal(signal.SIGKILL)
        first.wait()
        again = start(killed)
        for process, world in ((undisturbed, whole), (again, killed)):
            if process.wait(timeout=LIMIT):
                raise RuntimeError((world / "said.txt").read_text(encoding="utf-8")[-2000:])
        from_step = [
            int(line.split("steps from ")[1].split(",")[0])
            for line in (killed / "said.txt").read_text(encoding="utf-8").splitlines()
            if "steps from " in line
        ]
        weights = [load_file(world / "out" / "model.safetensors") for world in (whole, killed)]
        apart = max(float((weights[0][key] - weights[1][key]).abs().max()) for key in weights[0])
        steps, logs = len(log(whole)), [(world / "out" / "log.jsonl").read_bytes() for world in (whole, killed)]
    found = {"device": device, "steps": steps, "went on from step": from_step[-1], "logs equal": logs[0] == logs[1]}
    return found | {"weights apart": apart, "close": from_step[-1] > 0 and apart < 1e-4}
