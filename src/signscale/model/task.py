"""A fine-tuned model: the pose encoder with one task's head, and how a split is run through it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from signscale.data.batches import pad
from signscale.data.clips import ClipRef, evaluation_pose, segment_frames, training_frames, training_pose
from signscale.data.randomness import generator
from signscale.errors import SignScaleError
from signscale.model.encoder import PoseEncoder
from signscale.model.folder import fill, load_config, load_weights
from signscale.model.heads import build_head
from signscale.params import CslrParams, IslrParams, ModelParams, RecipeParams, RetrievalParams, SltParams
from signscale.text.store import TextStore

RECIPES: dict[str, type[RecipeParams]] = {
    "islr": IslrParams,
    "cslr": CslrParams,
    "slt": SltParams,
    "retrieval": RetrievalParams,
}


class TaskModel(nn.Module):
    """Encoder and head of one task."""

    def __init__(self, task: str, model: ModelParams, recipe: RecipeParams, vocabulary: Any, store: TextStore):
        super().__init__()
        self.task, self.recipe = task, recipe
        self.encoder = PoseEncoder(model)
        self.head = build_head(task, recipe, self.encoder.width, vocabulary, store)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device

    def clip(self, ref: ClipRef, seed: int, epoch: int | None) -> np.ndarray:
        """(T, 79, 3) of one clip: as trained on in `epoch`, or as evaluated for None."""
        rng = None if epoch is None else generator(seed, "frames", epoch, ref.sample.sample_id)
        if epoch is None:
            pose = evaluation_pose(ref, self.encoder.max_frames)
        else:
            pose = training_pose(ref, self.recipe.augment, self.encoder.max_frames, seed, epoch)
        return segment_frames(pose, self.recipe.frames, rng) if isinstance(self.recipe, IslrParams) else pose

    def frames(self, ref: ClipRef, seed: int, epoch: int) -> int:
        """How long `clip` will be in a training epoch."""
        frames = training_frames(ref, self.recipe.augment, self.encoder.max_frames, seed, epoch)
        return min(frames, self.recipe.frames) if isinstance(self.recipe, IslrParams) else frames

    def features(self, clips: list[np.ndarray]) -> tuple[Tensor, Tensor]:
        """Clips to sign features (B, T, width) and their mask (B, T)."""
        pose, valid = pad(clips)
        valid = torch.from_numpy(valid).to(self.device)
        return self.encoder(torch.from_numpy(pose).to(self.device), valid), valid


def _encoded(model: TaskModel, refs: list[ClipRef], batch_size: int) -> Iterator[tuple[list[ClipRef], Tensor, Tensor]]:
    for start in range(0, len(refs), batch_size):
        part = refs[start : start + batch_size]
        yield part, *model.features([model.clip(ref, 0, None) for ref in part])


@torch.no_grad()
def predict_clips(model: TaskModel, refs: list[ClipRef], batch_size: int) -> list[dict[str, Any]]:
    """Prediction lines of the clips, in their order; for retrieval they compete with one another."""
    model.eval()
    lines: list[dict[str, Any]] = []
    windows: list[tuple[Tensor, Tensor]] = []
    for part, features, valid in _encoded(model, refs, batch_size):
        if model.task == "retrieval":
            windows.append(model.head.sign_windows(features, valid))
        else:
            lines += model.head.predict(features, valid, [ref.sample for ref in part])
    if model.task != "retrieval":
        return lines
    longest = max(mask.shape[1] for _, mask in windows)
    sign = torch.cat([F.pad(rows, (0, 0, 0, longest - rows.shape[1])) for rows, _ in windows])
    mask = torch.cat([F.pad(rows, (0, longest - rows.shape[1])) for _, rows in windows])
    return model.head.predict(sign, mask, [ref.sample for ref in refs])


def load_task_model(folder: Path, store: TextStore) -> tuple[TaskModel, dict[str, Any]]:
    """A fine-tuned model and its config from its folder; raises SignScaleError if they do not fit."""
    config = load_config(folder)
    if config.get("kind") != "finetune":
        raise SignScaleError(f"{folder}: a model of kind {config.get('kind')!r}; give the folder of a fine-tuned one")
    task = config["task"]
    recipe = RECIPES[task].model_validate(config["recipe"])
    model = TaskModel(task, ModelParams.model_validate(config["model"]), recipe, config["vocabulary"], store)
    fill(model, load_weights(folder), "", Path(folder))
    return model.eval(), config
