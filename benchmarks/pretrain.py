"""Pre-training at the paper's size, in one run: ours against the plain loop that a user would write first.

Usage: python benchmarks/pretrain.py [--device cuda] [--clips N] [--repeats N]
The plain loop pads to 256 frames, keeps the text encoder in the step and holds the B x B x m x n similarity. Weights,
poses and sentences are random; the time is that of real ones. Lengths follow the paper (most clips 25-100 of at most
256 frames), sentences are 24 tokens. The rate of matrix products is measured between the repeats. Prints JSON
and keeps it in benchmarks/results/pretrain.json.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from transformers import MBartConfig
from transformers.models.mbart.modeling_mbart import MBartEncoder

from signscale.data.batches import length_bucketed, wasted_share
from signscale.model.similarity import fine_grained_similarity
from signscale.params import PretrainParams, load_params
from signscale.predict.export import Dense
from signscale.pretrain.flops import attention_flops, frame_flops
from signscale.pretrain.model import PretrainBatch, PretrainingModel
from signscale.pretrain.speed import peak_memory

ROOT = Path(__file__).parents[1]
TOKENS, WIDTH, LONGEST = 24, 1024, 256
PAPER_SAMPLES, PAPER_EPOCHS = 1_563_701, 100


def paper_lengths(clips: int, seed: int = 0) -> np.ndarray:
    """Frames of clips: log-normal about 52, four fifths of them in 25-100, held to 8-256."""
    return np.random.default_rng(seed).lognormal(np.log(52), 0.53, clips).round().clip(8, LONGEST).astype(int)


def made_batch(lengths: np.ndarray, longest: int, device: str) -> PretrainBatch:
    """Random poses of these lengths padded to `longest`, each clip with a sentence of its own."""
    torch.manual_seed(0)
    clips = len(lengths)
    valid = torch.arange(longest) < torch.as_tensor(lengths)[:, None]
    target = torch.rand(clips, longest, 79, 3) - 0.5
    target[..., 2] = 0.9
    touched = (torch.rand(clips, longest, 79) < 0.6) & valid[..., None]
    rows = torch.arange(clips)
    mask = torch.ones(clips, TOKENS, dtype=torch.bool)
    return PretrainBatch(
        target * ~touched[..., None], target, touched, valid, torch.randn(clips, TOKENS, WIDTH), mask, rows, rows
    ).to(torch.device(device))


class Plain(nn.Module):
    """The plain loop's step: every frame of the padding is computed on, the text encoder runs, E is held whole."""

    def __init__(self, model: PretrainingModel, device: str):
        super().__init__()
        self.model = model
        self.text = MBartEncoder(MBartConfig(vocab_size=1000)).eval().to(device)

    def forward(self, batch: PretrainBatch) -> Tensor:
        """The loss of a batch padded to 256 frames."""
        clips, frames = batch.valid.shape
        with torch.no_grad():
            ids = torch.randint(5, 1000, (clips, TOKENS), device=batch.valid.device)
            text = self.text(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
        manual, other = self.model.encoder.embedding(batch.masked.flatten(0, 1))
        branches, dense = self.model.encoder.branches, Dense(batch.valid)
        streams = {"manual": manual, "non_manual": other}
        features = torch.cat([branches[name](streams[name], dense) for name in branches], dim=1)
        error = (self.model.decoder(features).view(clips, frames, 79, 2) - batch.target[..., :2]).square()
        weight = batch.touched * batch.target[..., 2]
        loss = (weight * error.sum(dim=3)).sum() / weight.sum()
        sign = self.model.project_sign(features).view(clips, frames // 4, 4, -1).mean(dim=2)
        score = materialised(
            nn.functional.normalize(sign, dim=2), nn.functional.normalize(self.model.project_text(text), dim=2)
        )
        own = torch.arange(clips, device=score.device)
        logits = score / self.model.temperature
        return loss + (nn.functional.cross_entropy(logits, own) + nn.functional.cross_entropy(logits.T, own)) / 2


def materialised(sign: Tensor, text: Tensor) -> Tensor:
    """The fine-grained similarity with all of E in memory: (B, m, d), (U, n, d) -> (B, U)."""
    energy = torch.einsum("bmd,und->bumn", sign, text)
    return (energy.softmax(dim=3) * energy).sum(dim=3).mean(dim=2)


def timed(step: Callable[[], None], device: str) -> tuple[float, float]:
    """Wall and CPU seconds of one call."""
    if device == "cuda":
        torch.cuda.synchronize()
    begin, spent = time.perf_counter(), time.process_time()
    step()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - begin, time.process_time() - spent


def matrix_rate(device: str, kind: torch.dtype) -> float:
    """Operations a second of one large matrix product."""
    size, times = (8192, 20) if device == "cuda" else (1024, 8)
    a, b = torch.randn(2, size, size, device=device, dtype=kind)
    a @ b
    wall, spent = timed(lambda: [a @ b for _ in range(times)] and None, device)
    return times * 2 * size**3 / (wall if device == "cuda" else spent)


def trainer(loss_of: Callable[[PretrainBatch], Tensor], model: nn.Module, device: str) -> Callable:
    """A function that takes one optimizer step on a batch; bf16 on a GPU."""
    optimizer = torch.optim.AdamW(model.parameters(), 1e-4, fused=True)

    def step(batch: PretrainBatch) -> None:
        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            loss = loss_of(batch)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return step


def similarity_memory(batch: int, device: str) -> dict[str, float]:
    """Megabytes that both similarities take, forward and backward, each in a process of its own."""
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        f"import pretrain; print(pretrain.one_similarity(sys.argv[1], {batch}, {device!r}))"
    )
    ways = ("ours", "materialised")
    done = [
        subprocess.run([sys.executable, "-c", code, way], capture_output=True, text=True, check=True) for way in ways
    ]
    found = {way: round(float(run.stdout), 1) for way, run in zip(ways, done, strict=True)}
    return found | {"ratio": round(found["ours"] / found["materialised"], 3)}


def one_similarity(name: str, batch: int, device: str) -> float:
    """Megabytes above the start that one similarity takes at its peak; on a CPU of the resident set."""
    sign = torch.randn(batch, 16, 512, device=device, requires_grad=True)
    text = torch.randn(batch, TOKENS, 512, device=device, requires_grad=True)
    seen = torch.ones(batch, 16, dtype=torch.bool, device=device)
    token = torch.ones(batch, TOKENS, dtype=torch.bool, device=device)
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    else:
        Path("/proc/self/clear_refs").write_text("5")  # from here on the kernel's peak counts anew
    before = peak_memory(torch.device(device))
    similarity = fine_grained_similarity(sign, text, seen, token) if name == "ours" else materialised(sign, text)
    similarity.sum().backward()
    return (peak_memory(torch.device(device)) - before) / 1e6


def compared(settings: PretrainParams, clips: int, repeats: int, device: str) -> dict:
    """Valid frames a second of both loops, alternating on the same clips, and the operations a second of ours."""
    model = PretrainingModel(settings.model, settings.loss, WIDTH).to(device)
    plain_model = Plain(model, device)
    lengths = paper_lengths(clips * repeats * 16)
    batches = length_bucketed(lengths, clips, 1, 0)
    ours, plain = trainer(lambda b: model(b)["loss"], model, device), trainer(plain_model, model, device)
    kind = torch.bfloat16 if device == "cuda" else torch.float32
    rows = []
    for number, indices in enumerate(batches[: repeats + 1]):
        mine = lengths[indices]
        ours_batch, plain_batch = (made_batch(mine, to, device) for to in (int(mine.max()), LONGEST))
        rate = matrix_rate(device, kind)
        seconds = [
            timed(lambda s=step, b=batch: s(b), device) for step, batch in ((ours, ours_batch), (plain, plain_batch))
        ]
        which = 0 if device == "cuda" else 1
        flops = 3 * (
            mine.sum() * frame_flops(settings.model) + sum(attention_flops(settings.model, int(n)) for n in mine)
        )
        row = {
            "frames": int(mine.sum()),
            "ours_frames_per_second": mine.sum() / seconds[0][which],
            "plain_frames_per_second": mine.sum() / seconds[1][which],
            "ratio": seconds[1][which] / seconds[0][which],
            "utilisation": float(flops / seconds[0][which] / rate),
            "gigaflops_of_products": rate / 1e9,
        }
        print(json.dumps(row), file=sys.stderr)
        rows += [row] if number else []  # the first warms up
    spent = {way: sum(row["frames"] / row[f"{way}_frames_per_second"] for row in rows) for way in ("ours", "plain")}
    whole = {
        "frames": sum(row["frames"] for row in rows),
        "ratio": round(spent["plain"] / spent["ours"], 2),
        "ours_seconds": round(spent["ours"], 2),
    }
    return {"all_batches": whole} | {name: spread([row[name] for row in rows]) for name in rows[0]}


def spread(values: list[float]) -> dict[str, float]:
    """Median, least and most."""
    return {k: float(f"{f(values):.4g}") for k, f in (("median", statistics.median), ("min", min), ("max", max))}


def on_a_gpu(settings: PretrainParams, batch: int) -> dict:
    """What only a GPU shows: a whole batch at once, its memory, the hours of the paper's run, and where time goes."""
    from torch.profiler import ProfilerActivity, profile

    model = PretrainingModel(settings.model, settings.loss, WIDTH).to("cuda")
    step, lengths = trainer(lambda b: model(b)["loss"], model, "cuda"), paper_lengths(batch * 16)
    made = [made_batch(lengths[i], int(lengths[i].max()), "cuda") for i in length_bucketed(lengths, batch, 1, 0)[:4]]
    step(made[0])
    torch.cuda.reset_peak_memory_stats()
    seconds = [timed(lambda b=b: step(b), "cuda")[0] for b in made * 3]
    rate = matrix_rate("cuda", torch.bfloat16)
    done = [b.valid.sum(dim=1).tolist() for b in made * 3]
    flops = sum(
        3 * (sum(frames) * frame_flops(settings.model) + sum(attention_flops(settings.model, n) for n in frames))
        for frames in done
    )
    with profile(activities=[ProfilerActivity.CUDA, ProfilerActivity.CPU]) as traced:
        step(made[0])
    table = sorted(traced.key_averages(), key=lambda e: -e.self_device_time_total)[:15]
    samples = batch * len(seconds) / sum(seconds)
    return {
        "batch": batch,
        "samples_per_second": round(samples, 1),
        "utilisation": round(flops / sum(seconds) / rate, 3),
        "peak_gigabytes": round(torch.cuda.max_memory_allocated() / 1e9, 2),
        "projected_hours": round(PAPER_EPOCHS * PAPER_SAMPLES / samples / 3600, 2),
        "profile_ms": {event.key[:80]: round(event.self_device_time_total / 1e3, 2) for event in table},
    }


def main() -> None:
    """All of it, on one device."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--clips", type=int, default=0, help="a batch; 0: 16 on a CPU, 64 on a GPU")
    parser.add_argument("--repeats", type=int, default=4)
    given = parser.parse_args()
    torch.manual_seed(0)
    settings = load_params(ROOT, "paper").pretrain
    clips = given.clips or (64 if given.device == "cuda" else 16)
    lengths = paper_lengths(512 * 64)
    result = {
        "device": torch.cuda.get_device_name() if given.device == "cuda" else f"cpu, {torch.get_num_threads()} threads",
        "batch": clips,
        "share_of_25_to_100_frames": round(float(((lengths >= 25) & (lengths <= 100)).mean()), 3),
        "wasted_at_512": round(wasted_share(lengths, length_bucketed(lengths, 512, 1, 0)), 4),
        **compared(settings, clips, given.repeats, given.device),
        "similarity_megabytes_at_512": similarity_memory(512, given.device),
        "note": "seconds are CPU seconds on a CPU; random weights and data; mBART-large's shape with random weights",
    }
    if given.device == "cuda":
        result["whole_batch"] = on_a_gpu(settings, 512)
    text = json.dumps(result, indent=1)
    (ROOT / "benchmarks" / "results" / f"pretrain{'_cuda' * (given.device == 'cuda')}.json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
