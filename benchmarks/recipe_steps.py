"""Wall time of one training step of each recipe at the paper's sizes (Table III), and what an epoch makes of it.

Usage: python benchmarks/recipe_steps.py [STEPS]
Random keypoints of the lengths below, random targets, the model and batch of params.yaml; forward, backward and AdamW.
On a GPU the step is in bf16 autocast beside float32. On a CPU the seconds are a core's own (one thread, whatever else
the machine does), forward and backward are of an eighth of the batch and taken eight times: the whole would need the
memory of the machine. Prints one JSON object, kept in
benchmarks/results/recipe_steps_<device>.json. An epoch is the paper's training clips of one benchmark of the task,
without reading keypoints, which goes on beside the step.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import torch

from signscale.formats.files import write_json
from signscale.formats.sample import Sample
from signscale.params import Params, load_params
from signscale.tasks import load_task
from signscale.tasks.model import TaskModel
from signscale.text.store import TextStore

ROOT = Path(__file__).resolve().parents[1]
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
PARTS = 1 if DEVICE == "cuda" else 8  # of the batch, of which one is computed
# Task: benchmark, its training clips, frames of a clip here, vocabulary.
SIZES = {
    "islr": ("WLASL2000", 18_205, 32, 2000),
    "cslr": ("Phoenix14-T", 7_096, 128, 1085),
    "slt": ("Phoenix14-T", 7_096, 128, 2887),
    "retrieval": ("Phoenix14-T", 7_096, 128, 2887),
}


def samples(task: str, count: int, words: int) -> list[Sample]:
    """Rows with random targets: a label, eight glosses, or a text of twelve words."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(count):
        line = " ".join(f"w{k}" for k in rng.integers(0, words, 8 if task == "cslr" else 12))
        label, gloss, text = (line if task == wanted else "" for wanted in ("", "cslr", ""))
        label = f"w{number % words}" if task == "islr" else label
        text = line if task in ("slt", "retrieval") else text
        rows.append(Sample(f"s/{number}", "s", "train", "gsg", "", "", 0.0, -1.0, 25.0, gloss, text, label, "random"))
    return rows


def text_store(folder: Path, texts: list[str], width: int = 1024) -> TextStore:
    """A store of random features, of mBART-large's width, a token a word."""
    texts = sorted({text for text in texts if text}) or ["none"]
    lengths = [len(text.split()) for text in texts]
    with h5py.File(folder / "store.h5", "w") as file:
        file["features"] = np.random.default_rng(0).normal(size=(sum(lengths), width)).astype("<f2")
        file["tokens"] = np.zeros(sum(lengths), "<i4")
        file["offsets"] = np.cumsum([0, *lengths]).astype("<i8")
        for name, strings in (("pieces", ["w"]), ("texts", texts), ("languages", [""] * len(texts))):
            file.create_dataset(name, (len(strings),), h5py.string_dtype("utf-8"), np.asarray(strings, dtype=object))
        about = {"format": 1, "encoder": "random", "weights_sha256": "", "width": width, "max_tokens": 128}
        file.attrs.update(about | {"truncated": 0, "sign_languages": "{}"})
    return TextStore(folder / "store.h5")


def now() -> float:
    """The clock once the GPU is done, or the seconds this process has computed."""
    if DEVICE == "cuda":
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time()


def timed(learn: Callable[[], None], update: Callable[[], None], steps: int) -> float:
    """Median seconds of a step, after one that warms up: gradients of all parts of the batch, one update."""
    seconds = []
    for number in range(steps + 1):
        begin = now()
        learn()
        between = now()
        update()
        seconds.append(PARTS * (between - begin) + now() - between)
        print(f"  step {number}: {seconds[-1]:.3f} s", file=sys.stderr)
    return statistics.median(seconds[1:])


def measure(params: Params, task: str, steps: int, folder: Path) -> dict[str, float | str | int]:
    """One task: seconds a step, clips a second, minutes an epoch."""
    benchmark, clips, frames, words = SIZES[task]
    recipe = params.finetune.recipe(task)
    known = samples(task, max(words, recipe.batch_size * 40), words)
    store = text_store(folder, [row.text for row in known])
    torch.manual_seed(0)
    vocabulary = load_task(task).learn_vocabulary(known, recipe)
    model = TaskModel(task, params.pretrain.model, recipe, vocabulary, store).to(DEVICE).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    clips_here = recipe.batch_size // PARTS
    pose = [np.random.default_rng(k).normal(0, 0.2, (frames, 79, 3)).astype(np.float32) for k in range(clips_here)]
    batch = known[:clips_here]

    def learn(bf16: bool) -> None:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(DEVICE, torch.bfloat16, enabled=bf16):
            features, valid = model.features(pose)
        loss = model.head.loss(features.float(), valid, batch)
        loss.backward()

    found: dict[str, float | str | int] = {
        "benchmark": benchmark, "batch": recipe.batch_size, "frames": frames,
        "million_weights": round(sum(p.numel() for p in model.parameters()) / 1e6, 1),
    }  # fmt: skip
    for name, bf16 in (("float32", False), *([("bf16", True)] if DEVICE == "cuda" else [])):
        seconds = timed(lambda bf16=bf16: learn(bf16), optimizer.step, steps)
        found[f"{name}_seconds_a_step"] = round(seconds, 4)
        found[f"{name}_clips_a_second"] = round(recipe.batch_size / seconds, 1)
        found[f"{name}_minutes_an_epoch"] = round(clips / recipe.batch_size * seconds / 60, 2)
    if DEVICE == "cuda":
        found["peak_gigabytes"] = round(torch.cuda.max_memory_allocated() / 1e9, 2)
        torch.cuda.reset_peak_memory_stats()
    return found


def main(steps: int) -> None:
    if DEVICE == "cpu":
        torch.set_num_threads(1)
    params = load_params(ROOT, "paper")
    name = torch.cuda.get_device_name() if DEVICE == "cuda" else "cpu, one thread"
    result = {"device": name, "load_average": round(os.getloadavg()[0], 1), "steps": steps, "tasks": {}}
    for task in SIZES:
        print(f"{task}:", file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            result["tasks"][task] = measure(params, task, steps, Path(folder))
    print(json.dumps(result, indent=1))
    write_json(ROOT / f"benchmarks/results/recipe_steps_{DEVICE}.json", result)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2 if DEVICE == "cpu" else 10)
