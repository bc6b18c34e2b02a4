"""One process of test_gather: its share of a batch through the model, loss and averaged gradients to a file.

Arguments: rank, ranks, port, file of the global batches, output file, params of the loss as JSON.
"""

import json
import os
import sys
from pathlib import Path

import torch
import torch.distributed as dist
from safetensors.torch import load_file, save_file

from signscale.model.similarity import coarse_similarity, fine_grained_similarity
from signscale.params import LossParams, ModelParams
from signscale.pretrain import model as pretraining
from signscale.pretrain.gather import gather_rows, total
from signscale.pretrain.model import PretrainBatch, PretrainingModel

MODEL = {"embedding": "gcn", "interpretation": "table", "branches": "both", "graph_channels": [6], "part_width": 8}
MODEL |= {"blocks": 1, "heads": 2, "dropout": 0.0, "shared_width": 5, "max_frames": 16}


def share(tensors: dict, rank: int, ranks: int, text_rows: torch.Tensor) -> PretrainBatch:
    """What a rank makes of every ranks-th clip: its frames cut to its longest, its own distinct texts only."""
    mine = slice(rank, None, ranks)
    valid = tensors["valid"][mine]
    longest = max([1, *valid.sum(dim=1).tolist()])
    pose = {name: tensors[name][mine, :longest] for name in ("masked", "target", "touched")}
    rows = tensors["text_of_clip"][mine].tolist()
    distinct = sorted({row for row in rows if row >= 0})
    column = {row: k for k, row in enumerate(distinct)} | {-1: -1}
    tokens = max([1, *(int(tensors["text_valid"][row].sum()) for row in distinct)])
    return PretrainBatch(
        **pose, valid=valid[:, :longest], text=tensors["text"][distinct, :tokens],
        text_valid=tensors["text_valid"][distinct, :tokens], text_id=text_rows[distinct],
        text_of_clip=torch.tensor([column[row] for row in rows], dtype=torch.long),
    )  # fmt: skip


def step(batch: PretrainBatch, loss: dict, similarity: str) -> dict[str, torch.Tensor]:
    """Measures and gradients, averaged over ranks as a data-parallel engine does."""
    torch.manual_seed(0)
    net = PretrainingModel(ModelParams(**MODEL), LossParams(**(loss | {"similarity": similarity})), 6)
    out = net(batch)
    out["loss"].backward()
    gradients = {}
    for name, parameter in net.named_parameters():
        gradient = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        if dist.is_initialized():
            dist.all_reduce(gradient)
            gradient /= dist.get_world_size()
        gradients[f"grad.{name}"] = gradient
    return {name: value.detach().clone() for name, value in out.items()} | gradients


def repeated(rows: list[int]):
    """Similarities that every rank computes of all ranks' clips; `rows` notes how many of its own it is asked for."""

    def of(whole):
        def computed(sign: torch.Tensor, text: torch.Tensor, *others: torch.Tensor | float) -> torch.Tensor:
            rows.append(len(sign))
            mask = [gather_rows(others[0])] if whole is fine_grained_similarity else []
            return whole(gather_rows(sign), text, *mask, *others[len(mask) :])

        return computed

    return {"fine_grained_similarity": of(fine_grained_similarity), "coarse_similarity": of(coarse_similarity)}


def main(rank: int, ranks: int, port: str, given: Path, out: Path, loss: dict) -> None:
    """Both similarities on every batch in the file `given`."""
    torch.set_num_threads(1)
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "RANK": str(rank), "WORLD_SIZE": str(ranks)}
    dist.init_process_group("gloo")
    tensors, results = load_file(given), {}
    for case in sorted({name.split("/")[0] for name in tensors}):
        part = {name.split("/")[1]: value for name, value in tensors.items() if name.startswith(case + "/")}
        batch = share(part, rank, ranks, part["text_rows"])
        for similarity in ("fine", "coarse"):
            results |= {f"{case}/{similarity}/{k}": v for k, v in step(batch, loss, similarity).items()}
    shared, asked = pretraining.gather_rows, []
    vars(pretraining).update(repeated(asked))
    pretraining.gather_rows = lambda rows: rows if rows.dim() == 2 and rows.is_floating_point() else shared(rows)
    for case in sorted({name.split("/")[0] for name in tensors}):
        part = {name.split("/")[1]: value for name, value in tensors.items() if name.startswith(case + "/")}
        batch = share(part, rank, ranks, part["text_rows"])
        for similarity in ("fine", "coarse"):
            asked.clear()
            results |= {f"repeated/{case}/{similarity}/{k}": v for k, v in step(batch, loss, similarity).items()}
            results[f"asked/{case}/{similarity}"] = torch.tensor(asked)
    rows = torch.full((rank, 1 + rank, 2), float(rank), requires_grad=True)
    gathered = gather_rows(rows)
    results |= {"rows": gathered.detach(), "sum": total(torch.tensor(float(rank + 1)))}
    results["bools"] = gather_rows(torch.tensor([True, False] * rank, dtype=torch.bool)).to(torch.uint8)
    save_file(results, out)
    dist.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], Path(sys.argv[4]), Path(sys.argv[5]), json.loads(sys.argv[6]))
