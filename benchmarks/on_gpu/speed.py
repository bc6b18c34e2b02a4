"""How fast a training step is, and what it takes of the card: shapes of batches, the similarity, torch.compile."""

import time
from collections.abc import Callable

import numpy as np
import torch
from pretrain import PAPER_EPOCHS, PAPER_SAMPLES, WIDTH, made_batch, matrix_rate, paper_lengths, timed, trainer

from signscale.data.batches import length_bucketed
from signscale.model import similarity as similar
from signscale.model.encoder import Block
from signscale.model.graph import GraphConvolution
from signscale.model.packing import Packing
from signscale.model.weights import set_deterministic
from signscale.pretrain.flops import attention_flops, frame_flops
from signscale.pretrain.model import PretrainBatch, PretrainingModel
from signscale.pretrain.speed import PASSES, peak_memory

from .part import SkippedError, rounded, settings_for

NOMINAL = {"H100": 989e12, "H200": 989e12, "A100": 312e12, "B200": 2250e12, "L40S": 362e12}
"""Operations a second in bf16 without sparsity, by the maker's data sheets (the SXM cards)."""

SHAPES = {
    "cuda": [("64 mixed", 64, 0), ("64 x 64", 64, 64), ("64 x 128", 64, 128), ("64 x 256", 64, 256),
             ("128 mixed", 128, 0), ("256 mixed", 256, 0), ("512 mixed", 512, 0)],
    "cpu": [("4 mixed", 4, 0), ("2 x 32", 2, 32)],
}  # fmt: skip
"""Name, clips, and frames of each clip; 0: lengths as in the paper."""

SECONDS = {"cuda": 5.0, "cpu": 1.0}  # for each shape


def batches_of(clips: int, frames: int, device: str) -> list[PretrainBatch]:
    """Four batches of mixed lengths, bucketed as training does, or one of equal lengths."""
    if frames:
        return [made_batch(np.full(clips, frames), frames, device)]
    lengths = paper_lengths(clips * 16)
    chosen = length_bucketed(lengths, clips, 1, 0)[:4]
    return [made_batch(lengths[indices], int(lengths[indices].max()), device) for indices in chosen]


def operations(model, batch: PretrainBatch) -> int:
    """What a step on a batch computes in the model, by its sizes."""
    frames = batch.valid.sum(dim=1).tolist()
    return PASSES * (sum(frames) * frame_flops(model) + sum(attention_flops(model, n) for n in frames))


def steps_of(step: Callable, batches: list[PretrainBatch], device: str, limit: float) -> list[tuple[int, float]]:
    """(number of its batch, seconds) of every step, in turns through the batches, for about `limit` seconds."""
    for batch in batches:
        step(batch)
    until, done = time.monotonic() + limit, []
    while time.monotonic() < until or len(done) < len(batches) or len(done) % len(batches):
        which = len(done) % len(batches)
        done.append((which, timed(lambda b=batches[which]: step(b), device)[0]))
    return done


def nominal_rate() -> float:
    """Of this card, 0 if it is none of those known."""
    name = torch.cuda.get_device_name()
    return next((rate for card, rate in NOMINAL.items() if card in name), 0.0)


def shapes(device: str) -> dict:
    """Samples and frames a second, use of the card and memory, by shape; hours of the paper's 100 epochs on one card.

    mfu: of the card's nominal rate; of_products: of what large matrix products alone reach on it now.
    """
    set_deterministic(0)  # as in training
    settings, cuda = settings_for(device), device == "cuda"
    rate = matrix_rate(device, torch.bfloat16 if cuda else torch.float32)
    found = {"teraflops of products": rounded(rate / 1e12)}
    for name, clips, frames in SHAPES[device]:
        model = PretrainingModel(settings.model, settings.loss, WIDTH).to(device)
        step = trainer(lambda b, m=model: m(b)["loss"], model, device)
        try:
            batches = batches_of(clips, frames, device)
            if cuda:
                torch.cuda.reset_peak_memory_stats()
            done = steps_of(step, batches, device, SECONDS[device])
        except torch.OutOfMemoryError:
            found[name] = {"skipped": "out of memory"}
            continue
        seconds, ops = sum(s for _, s in done), sum(operations(settings.model, batches[which]) for which, _ in done)
        seen = sum(int(batches[which].valid.sum()) for which, _ in done)
        samples = clips * len(done) / seconds
        row = {"ms a step": rounded(1000 * seconds / len(done)), "samples/s": rounded(samples)}
        row |= {"frames/s": rounded(seen / seconds), "of_products": rounded(ops / seconds / rate, 3)}
        if cuda:
            nominal = nominal_rate()
            row |= {"mfu": rounded(ops / seconds / nominal, 3)} if nominal else {}
            row |= {"peak GB": rounded(peak_memory(torch.device(device)) / 1e9)}
            if not frames:
                row |= {"hours of 100 epochs": rounded(PAPER_EPOCHS * PAPER_SAMPLES / samples / 3600)}
        found[name] = row
        del model, step, batches
        if cuda:
            torch.cuda.empty_cache()
    if not cuda:
        found["mfu, memory at 64 x 256, hours of 100 epochs"] = {
            "skipped": "no GPU; a small model was measured instead"
        }
    return found


def similarity(device: str) -> dict:
    """Forward and backward of the paper's largest similarity, whole and a rank's eighth, by the size of a block."""
    cuda = device == "cuda"
    clips, windows, texts, tokens, width = (512, 64, 512, 128, 512) if cuda else (16, 8, 16, 8, 16)
    blocks = [1 << 21, 1 << 24, 1 << 26, 1 << 28] if cuda else [1 << 9, similar.BLOCK_NUMBERS]
    found = {"sizes": f"{clips} x {windows} windows against {texts} x {tokens} tokens"}
    for share in (1, 8):
        for numbers in blocks:
            similar.BLOCK_NUMBERS = similar.GPU_BLOCK_NUMBERS = numbers
            torch.manual_seed(0)
            sign = torch.randn(clips // share, windows, width, device=device, requires_grad=True)
            text = torch.randn(texts, tokens, width, device=device, requires_grad=True)
            seen = [torch.ones(x.shape[:2], dtype=torch.bool, device=device) for x in (sign, text)]

            def work(sign=sign, text=text, seen=seen) -> None:
                with torch.autocast(device, torch.bfloat16, enabled=cuda):
                    similar.fine_grained_similarity(sign, text, *seen).sum().backward()

            work()
            if cuda:
                torch.cuda.reset_peak_memory_stats()
            seconds = min(timed(work, device)[0] for _ in range(3))
            row = {"ms": rounded(1000 * seconds)} | (
                {"peak GB": rounded(peak_memory(sign.device) / 1e9)} if cuda else {}
            )
            found[f"1/{share} of the clips, blocks of {numbers:,}"] = row
    return found


def compiled(device: str) -> dict:
    """Batches of mixed lengths with and without torch.compile of what sees one frame at a time: the graph convolutions,
    and the blocks around their attention. Seconds until each batch was met once, and milliseconds a step after."""
    if device != "cuda":
        raise SkippedError("needs a GPU: what the compiler makes for a CPU says nothing of one")
    set_deterministic(0)
    settings, found = settings_for(device), {}
    batches = batches_of(256, 0, device)
    for name in ("off", "on"):
        torch.manual_seed(0)
        model = PretrainingModel(settings.model, settings.loss, WIDTH).to(device)
        if name == "on":
            Packing.attend = torch.compiler.disable(Packing.attend)  # its sizes are another in every batch
            for module in model.modules():
                if isinstance(module, Block | GraphConvolution):
                    module.compile(dynamic=True)
        step = trainer(lambda b, m=model: m(b)["loss"], model, device)
        try:
            first = timed(lambda s=step: [s(batch) for batch in batches] and None, device)[0]
        except Exception as error:  # the compiler's have no common base; that it cannot is a finding too
            if name == "off":
                raise
            return found | {"on": {"does not compile": str(error).strip().splitlines()[0][:200]}}
        steps_of(step, batches, device, 1.0)
        done = steps_of(step, batches, device, SECONDS[device])
        milliseconds = rounded(1000 * sum(seconds for _, seconds in done) / len(done))
        found[name] = {"s until each batch was met": rounded(first), "ms a step": milliseconds}
    return found | {"speed-up": rounded(found["off"]["ms a step"] / found["on"]["ms a step"], 3)}
