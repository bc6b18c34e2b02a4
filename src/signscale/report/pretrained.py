"""The pre-trained model and the clips it never saw, for the pictures of what it learned."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from signscale.data.clips import ClipRef
from signscale.model.folder import load_config
from signscale.model.weights import fill, load_weights
from signscale.params import LossParams, ModelParams, Params, checked
from signscale.pretrain.clips import held_out_clips
from signscale.pretrain.model import PretrainingModel
from signscale.text.store import TextStore


@dataclass(frozen=True, slots=True)
class Pretrained:
    """The model in evaluation mode, the text store it was trained with, and the held-out clips of its corpora."""

    model: PretrainingModel
    store: TextStore
    held_out: list[ClipRef]

    def shown(self, per_corpus: int, most: int) -> list[ClipRef]:
        """Held-out clips to draw: evenly spaced within each corpus, each of another text, at most `most` in all."""
        by_corpus: dict[str, list[ClipRef]] = {}
        for ref in self.held_out:
            by_corpus.setdefault(ref.sample.corpus, []).append(ref)
        chosen: list[ClipRef] = []
        for refs in by_corpus.values():
            for place in range(per_corpus):
                from_here = refs[(2 * place + 1) * len(refs) // (2 * per_corpus) :]
                said = {ref.sample.text for ref in chosen}
                chosen += [ref for ref in from_here if ref.sample.text not in said][:1]
        return chosen[:most]


def read_pretrained(params: Params, results: Path) -> Pretrained | None:
    """The model under `results`; None where pre-training was not run, or a model taken over had another text encoder.

    Raises SignScaleError if the model, the text store or a pack is torn.
    """
    folder = results / "pretrain"
    if not (folder / "config.json").exists():
        return None
    config, weights = load_config(folder), load_weights(folder)
    store = TextStore(results / "text" / "store.h5")
    if params.pretrain.start and config["text"]["encoder"] != store.encoder:
        return None  # its projections are for the features of that one
    model = PretrainingModel(
        checked(ModelParams, config.get("model"), f"{folder}/config.json: model"),
        checked(LossParams, config.get("loss"), f"{folder}/config.json: loss"),
        store.width,
    )
    fill(model, weights, "", folder)
    of_run = params.acquire.corpora if params.pretrain.start else params.pretrain.corpora
    packs = [results / "pack" / name for name in of_run]
    there = [pack for pack in packs if (pack / "shard.h5").exists()]
    return Pretrained(model.eval(), store, held_out_clips(there, params.pretrain))


def taken_over(params: Params, results: Path) -> dict[str, Any]:
    """The config of the model that was taken over (pretrain.from), empty where there is none."""
    folder = results / "pretrain"
    return load_config(folder) if params.pretrain.start and (folder / "config.json").exists() else {}


@contextmanager
def equal_bits() -> Iterator[None]:
    """Inference on one thread: with more, the last bits of a sum depend on their number."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.inference_mode():
            yield
    finally:
        torch.set_num_threads(threads)
