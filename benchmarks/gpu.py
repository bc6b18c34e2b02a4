"""What a machine with a GPU is worth for pre-training, and whether it computes rightly, in one run under eight minutes.

Usage: make bench-gpu, or python benchmarks/gpu.py [--device cpu] [--only PART ...] [--out FILE]
Each part runs in a process of its own, so that one that fails costs no other; what cannot be measured says why. Prints
a table and JSON, and keeps the JSON in benchmarks/results/gpu.json (gpu_cpu.json without a GPU, where small sizes
stand in for the paper's). Needs no network, no data and no weights; those of all networks are random. Exits with 1 if
a part failed, or found numbers that are not close to those of a CPU, of another ZeRO stage, of an undisturbed run.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIMIT = 470  # seconds of the whole run
PARTS = {
    "losses_and_gradients": ("numbers", "losses_and_gradients", 90),
    "zero_stages": ("runs", "zero_stages", 150),
    "resume_after_a_kill": ("runs", "resume_after_a_kill", 150),
    "speed": ("speed", "shapes", 120),
    "similarity": ("speed", "similarity", 60),
    "loader": ("loading", "loader", 60),
    "onnx": ("estimators", "onnx", 60),
    "torch.compile": ("speed", "compiled", 120),
    "mmpose": ("estimators", "mmpose", 120),
}
"""Module, function, and the most seconds it may take; the most important first."""


def measured(name: str, device: str) -> dict:
    """One part, in this process."""
    from importlib import import_module

    from on_gpu.part import SkippedError

    module, function, _ = PARTS[name]
    try:
        return getattr(import_module(f"on_gpu.{module}"), function)(device)
    except SkippedError as reason:
        return {"skipped": str(reason)}


def apart(name: str, device: str, seconds: float) -> dict:
    """One part in a process of its own, ended with all that it started once its time is up."""
    command = [sys.executable, __file__, "--device", device, "--part", name]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, env=surroundings()
    )
    try:
        said, wrong = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.communicate()
        return {"failed": f"took more than {seconds:.0f} s"}
    if process.returncode:
        return {"failed": (wrong.strip().splitlines() or ["no word"])[-1], "stderr": wrong[-3000:]}
    return json.loads(said.strip().splitlines()[-1])


def surroundings() -> dict[str, str]:
    """This process's environment, with the package on the path."""
    return os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}


def table(parts: dict[str, dict]) -> str:
    """A line a figure; those of one shape or way together in a line."""
    lines = []
    for part, found in parts.items():
        lines.append(f"{part}  ({found['seconds']} s)")
        for name, value in found.items():
            if isinstance(value, dict):
                value = ", ".join(f"{key} {number}" for key, number in value.items())
            if name not in ("seconds", "stderr"):
                lines.append(f"    {name:45} {value}")
    return "\n".join(lines)


def is_wrong(found: dict) -> bool:
    """Whether a part failed, or one of its comparisons did."""
    rows = [found, *(value for value in found.values() if isinstance(value, dict))]
    return any("failed" in row or row.get("close") is False for row in rows)


def machine(device: str) -> dict:
    """What was measured on."""
    import torch

    name = torch.cuda.get_device_name() if device == "cuda" else f"no GPU; {len(os.sched_getaffinity(0))} CPUs"
    cards = torch.cuda.device_count() if device == "cuda" else 0
    return {"device": name, "gpus": cards, "python": platform.python_version(), "torch": torch.__version__}


def main() -> None:
    """All parts, or the one that a process was started for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=["cpu", "cuda"], help="default: cuda if there is one")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part:
        print(json.dumps(measured(given.part, given.device)))
        return
    import torch

    device, begin, parts = given.device or ("cuda" if torch.cuda.is_available() else "cpu"), time.monotonic(), {}
    for name in given.only:
        started = time.monotonic()
        left = LIMIT - (started - begin)
        found = apart(name, device, min(left, PARTS[name][2])) if left > 10 else {"skipped": "no time was left"}
        parts[name] = found | {"seconds": round(time.monotonic() - started, 1)}
        print(table({name: parts[name]}), file=sys.stderr, flush=True)
    both = [parts.get(name, {}) for name in ("loader", "speed")]
    fastest = max(
        (row["samples/s"] for row in both[1].values() if isinstance(row, dict) and "samples/s" in row), default=0
    )
    if fastest and "clips/s" in both[0]:
        parts["loader"]["of the fastest step's rate"] = round(both[0]["clips/s"] / fastest, 2)
    result = machine(device) | {"seconds": round(time.monotonic() - begin, 1), "parts": parts}
    text = json.dumps(result, indent=1)
    out = given.out or ROOT / "benchmarks" / "results" / ("gpu.json" if device == "cuda" else "gpu_cpu.json")
    out.write_text(text + "\n", encoding="utf-8")
    print(text)
    sys.exit(any(map(is_wrong, parts.values())))


if __name__ == "__main__":
    main()
