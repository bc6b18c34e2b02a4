"""Do a GPU and bf16 compute what a CPU computes in float32? Losses and gradients of one batch, one set of weights."""

import torch
from pretrain import WIDTH, made_batch, paper_lengths

from signscale.pretrain.model import PretrainingModel

from .part import rounded, settings_for

CLIPS = 8
CLOSE = {"fp32": 1e-3, "bf16": 5e-2}
"""How far a gradient may lie from the reference, as a share of the reference's length."""


def one(device: str, kind: str, on: str) -> tuple[dict[str, float], torch.Tensor]:
    """Losses, and all gradients in a row on the CPU in float64; `on`: the device whose sizes are taken."""
    torch.manual_seed(0)
    settings = settings_for(on, dropout=False)
    model = PretrainingModel(settings.model, settings.loss, WIDTH).to(device)
    lengths = paper_lengths(CLIPS)
    batch = made_batch(lengths, int(lengths.max()), device)
    with torch.autocast(device, torch.bfloat16, enabled=kind == "bf16"):
        out = model(batch)
    out["loss"].backward()
    losses = {name: float(out[name]) for name in ("loss", "reconstruction", "contrast")}
    return losses, torch.cat([p.grad.cpu().double().flatten() for p in model.parameters() if p.grad is not None])


def losses_and_gradients(device: str) -> dict:
    """Every way against float32 on the CPU: relative differences of the losses, and of all gradients together."""
    reference, whole = one("cpu", "fp32", device)
    ways = [("cpu", "bf16")] + ([("cuda", "fp32"), ("cuda", "bf16")] if device == "cuda" else [])
    found = {"clips": CLIPS, "numbers": len(whole), "cpu fp32 loss": rounded(reference["loss"], 7)}
    for where, kind in ways:
        losses, gradient = one(where, kind, device)
        apart = float((gradient - whole).norm() / whole.norm())
        row = {f"{name} apart": rounded(abs(losses[name] / reference[name] - 1), 3) for name in losses}
        row |= {"gradients apart": rounded(apart, 3), "close": apart < CLOSE[kind]}
        found[f"{where} {kind}"] = row
    if device != "cuda":
        found["cuda fp32"] = found["cuda bf16"] = {"skipped": "no GPU"}
    return found
