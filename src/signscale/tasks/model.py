"""A fine-tuned model: the pose encoder with one task's head, and how a split is run through it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from signscale.data.batches import pad
from signscale.data.clips import ClipRef, segment_frames, still_pose, training_frames, training_pose
from signscale.data.randomness import generator
from signscale.errors import SignScaleError
from signscale.formats.shard import Clip
from signscale.model.encoder import PoseEncoder
from signscale.model.folder import load_config, load_tokenizer
from signscale.model.weights import WithoutValues, fill, load_weights
from signscale.params import Count, ModelParams, Name, RecipeParams, Section, TaskName, checked
from signscale.tasks import load_task
from signscale.tasks.task import SentenceFeatures


class TextDescription(Section):
    """How the sentences that a head reads were encoded: TextStore.description."""

    encoder: str
    weights_sha256: str
    width: Count
    max_tokens: Count
    languages: dict[str, str]
    dtype: Literal["float32", "float16"]


class FinetuneConfig(Section):
    """config.json of a fine-tuned model. vocabulary: its entries; a tokenizer lies in tokenizer.model.

    pretrained_on: the corpora of the encoder it started from.
    """

    model_type: Literal["signscale"]
    format: Literal[1]
    kind: Literal["finetune"]
    benchmark: Name
    task: TaskName
    corpus: Name
    subset: str
    shots: int = 0
    select_on: Literal["dev", "last"]
    languages: list[str]
    init: Literal["pretrained", "scratch"]
    seed: int
    pretrained_on: list[str] = Field(default=[])
    model: ModelParams
    recipe: dict[str, Any]
    vocabulary: list[str] | None
    text: TextDescription


class TaskModel(nn.Module):
    """Encoder and head of one task."""

    def __init__(self, task: str, model: ModelParams, recipe: RecipeParams, vocabulary: Any, store: SentenceFeatures):
        super().__init__()
        self.task, self.recipe = load_task(task), recipe
        self.encoder = PoseEncoder(model)
        self.head = self.task.head(recipe, self.encoder.width, vocabulary, store)

    def train(self, mode: bool = True) -> "TaskModel":
        """As of any module, but a frozen encoder stays in evaluation: without dropout it gives the same every time."""
        super().train(mode)
        if not any(weight.requires_grad for weight in self.encoder.parameters()):
            self.encoder.eval()
        return self

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device

    def clip(self, ref: ClipRef, seed: int, epoch: int | None) -> np.ndarray:
        """(T, 79, 3) of one clip: as trained on in `epoch`, or as evaluated for None."""
        if epoch is None:
            return self.still(ref.shard.clip(ref.index))
        pose = training_pose(ref, self.recipe.augment, self.encoder.max_frames, seed, epoch)
        rng = generator(seed, "frames", epoch, ref.sample.sample_id)
        frames = self.task.frames(self.recipe)
        return segment_frames(pose, frames, rng) if frames else pose

    def still(self, clip: Clip) -> np.ndarray:
        """(T, 79, 3) of a clip as evaluated: its middle max_frames, of a task that samples the middle of segments."""
        pose, frames = still_pose(clip, self.encoder.max_frames), self.task.frames(self.recipe)
        return segment_frames(pose, frames, None) if frames else pose

    def frames(self, ref: ClipRef, seed: int, epoch: int) -> int:
        """How long `clip` will be in a training epoch."""
        length = training_frames(ref, self.recipe.augment, self.encoder.max_frames, seed, epoch)
        return min(length, self.task.frames(self.recipe) or length)

    def features(self, clips: list[np.ndarray]) -> tuple[Tensor, Tensor]:
        """Clips to sign features (B, T, width) and their mask (B, T)."""
        pose, valid = pad(clips)
        valid = torch.from_numpy(valid).to(self.device)
        return self.encoder(torch.from_numpy(pose).to(self.device), valid), valid


def cut_clips(model: TaskModel, refs: list[ClipRef]) -> int:
    """How many clips are longer than the model takes, so that only their middle is seen."""
    return sum(ref.frames > model.encoder.max_frames for ref in refs)


def length_remarks(model: TaskModel, refs: list[ClipRef]) -> list[str]:
    """A line about the clips that are longer than the model takes, and one about those shorter than its window."""
    longest, window = model.encoder.max_frames, getattr(model.recipe, "window", 1)
    lines = []
    if longer := [ref.sample.sample_id for ref in refs if ref.frames > longest]:
        lines.append(
            f"{len(longer)} clips are longer than {longest} frames ({longer[0]}, ...): only their middle is seen"
        )
    if shorter := [ref.sample.sample_id for ref in refs if ref.frames < window]:
        lines.append(
            f"{len(shorter)} clips are shorter than the window of {window} frames ({shorter[0]}, ...): "
            "their one window averages the frames there are"
        )
    return lines


def _encoded(model: TaskModel, refs: list[ClipRef], batch_size: int) -> Iterator[tuple[list[ClipRef], Tensor, Tensor]]:
    for start in range(0, len(refs), batch_size):
        part = refs[start : start + batch_size]
        yield part, *model.features([model.clip(ref, 0, None) for ref in part])


@torch.no_grad()
def predict_clips(model: TaskModel, refs: list[ClipRef], batch_size: int) -> list[dict[str, Any]]:
    """Prediction lines of the clips, in their order; of a task that searches they compete with one another."""
    model.eval()
    lines: list[dict[str, Any]] = []
    windows: list[tuple[Tensor, Tensor]] = []
    for part, features, valid in _encoded(model, refs, batch_size):
        if model.task.searches:
            windows.append(model.head.sign_windows(features, valid))
        else:
            lines += model.head.predict(features, valid, [ref.sample for ref in part])
    if not model.task.searches:
        return lines
    longest = max(mask.shape[1] for _, mask in windows)
    sign = torch.cat([F.pad(rows, (0, 0, 0, longest - rows.shape[1])) for rows, _ in windows])
    mask = torch.cat([F.pad(rows, (0, longest - rows.shape[1])) for _, rows in windows])
    return model.head.predict(sign, mask, [ref.sample for ref in refs])


def load_finetune_config(folder: Path) -> tuple[FinetuneConfig, RecipeParams]:
    """The checked config of a fine-tuned model and its recipe; raises SignScaleError naming the first key at fault."""
    content = load_config(folder)
    if content.get("kind") != "finetune":
        raise SignScaleError(f"{folder}: a model of kind {content.get('kind')!r}; give the folder of a fine-tuned one")
    config = checked(FinetuneConfig, content, f"{folder}/config.json")
    task = load_task(config.task)
    recipe = checked(task.recipe, config.recipe, f"{folder}/config.json: recipe")
    needed = task.vocabulary == "entries"
    if needed and (not config.vocabulary or len(set(config.vocabulary)) < len(config.vocabulary)):
        raise SignScaleError(f"{folder}/config.json: vocabulary: no entries, or one twice; fine-tune it again")
    return config, recipe


def load_task_model(folder: Path, store: SentenceFeatures) -> tuple[TaskModel, FinetuneConfig]:
    """A fine-tuned model and its config from its folder; raises SignScaleError if they do not fit.

    store: what gives the features of sentences, of the encoder that the model was trained with.
    """
    config, recipe = load_finetune_config(folder)
    task = load_task(config.task)
    if task.searches and store.encoder != config.text.encoder:
        raise SignScaleError(
            f"{folder}: trained on sentences of {config.text.encoder}, these are of {store.encoder}; "
            "run text with the encoder of the model"
        )
    vocabulary = load_tokenizer(folder) if task.vocabulary == "tokenizer" else config.vocabulary
    try:
        with WithoutValues():
            model = TaskModel(config.task, config.model, recipe, vocabulary, store)
    except (RuntimeError, ValueError) as error:
        raise SignScaleError(f"{folder}: cannot be built ({str(error).splitlines()[0]}); fine-tune it again") from error
    fill(model, load_weights(folder), "", Path(folder), assign=True)
    return model.eval(), config
