"""`make bench-gpu` on a machine without a GPU: every part gives figures at a small size, or says why it cannot."""

import importlib.util
import json
import subprocess
import sys

import pytest

RUNS = ["zero_stages", "resume_after_a_kill"]


def measured(root, out, *parts):
    command = [sys.executable, root / "benchmarks" / "gpu.py", "--device", "cpu", "--out", out, "--only", *parts]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout) == json.loads(out.read_text())
    return json.loads(out.read_text()), done.stderr


@pytest.mark.scenarios
def test_what_needs_no_run_of_deepspeed(root, tmp_path):
    parts = ["losses_and_gradients", "speed", "similarity", "loader", "onnx", "torch.compile", "mmpose"]
    result, table = measured(root, tmp_path / "gpu.json", *parts)
    assert result["device"].startswith("no GPU; ")
    found = result["parts"]
    assert list(found) == parts
    assert 0 < found["losses_and_gradients"]["cpu bf16"]["gradients apart"] < 0.05
    assert found["losses_and_gradients"]["cuda fp32"] == {"skipped": "no GPU"}
    assert found["speed"]["4 mixed"]["samples/s"] > 0
    assert "no GPU" in found["speed"]["mfu, memory at 64 x 256, hours of 100 epochs"]["skipped"]
    assert found["loader"]["clips"] == 48
    assert found["loader"]["of the fastest step's rate"] > 0
    assert found["torch.compile"]["skipped"].startswith("needs a GPU")
    assert found["onnx"].get("frames/s", 0) > 0 or "is not installed" in found["onnx"]["skipped"]
    assert "make env-mmpose" in found["mmpose"].get("skipped", "make env-mmpose")
    for part in parts:
        assert f"{part}  (" in table


@pytest.mark.scenarios
def test_every_zero_stage_starts_and_a_killed_run_goes_on(root, tmp_path):
    found = measured(root, tmp_path / "gpu.json", *RUNS)[0]["parts"]
    assert found["zero_stages"]["apart"] < 1e-4
    assert found["resume_after_a_kill"]["weights apart"] == 0
    assert found["resume_after_a_kill"]["logs equal"]


@pytest.fixture(scope="module")
def bench(root):
    spec = importlib.util.spec_from_file_location("bench_gpu", root / "benchmarks" / "gpu.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_part_that_takes_too_long_or_breaks_is_told_as_failed(bench):
    assert bench.apart("onnx", "cpu", 0.01) == {"failed": "took more than 0 s"}
    broken = bench.apart("onnx", "no such device", 60)
    assert "invalid choice: 'no such device'" in broken["failed"]


@pytest.mark.parametrize(
    ("found", "wrong"),
    [
        ({"failed": "took more than 5 s"}, True),
        ({"cuda bf16": {"gradients apart": 0.3, "close": False}}, True),
        ({"cuda bf16": {"gradients apart": 0.01, "close": True}, "seconds": 3.1}, False),
        ({"skipped": "no GPU"}, False),
    ],
)
def test_a_part_is_wrong_if_it_failed_or_its_numbers_are_not_close(bench, found, wrong):
    assert bench.is_wrong(found) == wrong
