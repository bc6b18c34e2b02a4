"""Fine-tuning: one path for all tasks. Trains on the benchmark's training splits and chooses the epoch on dev, or takes
the last one where dev is trained on or does not exist (select_on).

Out: the model folder of the chosen epoch and curves.jsonl, one line per epoch.
"""

import json
import logging
from collections.abc import Iterable
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

from signscale.data.augment import shortest_length
from signscale.data.clips import ClipRef, clips_of, few_shot
from signscale.data.loader import Step, loaded, planned, worker_count
from signscale.data.schedule import cosine, step_decay
from signscale.errors import SignScaleError
from signscale.finetune.clips import FinetuneClips
from signscale.formats.files import check_writable, write_text
from signscale.formats.packed import open_pack
from signscale.formats.sample import languages
from signscale.model.card import save_card
from signscale.model.folder import load_config
from signscale.model.preprocessing import check_handedness, preprocessing_of, save_preprocessing
from signscale.model.source import check_is_pretrained
from signscale.model.weights import fill, load_weights, save_model, set_deterministic
from signscale.params import BenchmarkParams, ModelParams, Params, RecipeParams, checked
from signscale.progress import Progress
from signscale.tasks import load_task
from signscale.tasks.metrics.bootstrap import value_of
from signscale.tasks.metrics.wer import find_sclite
from signscale.tasks.model import TaskModel, length_remarks, predict_clips
from signscale.tasks.score import STANDARD, conventions_of
from signscale.tasks.task import Conventions, Task
from signscale.text.store import TextStore

logger = logging.getLogger(__name__)


def long_enough(clips: list[ClipRef], task: Task, recipe: RecipeParams) -> list[ClipRef]:
    """The clips that can carry their target in every epoch, however fast they are played; the others are counted."""
    longest = recipe.max_frames
    frames = [min(longest, shortest_length(min(ref.frames, longest), recipe.augment)) for ref in clips]
    fit = [task.is_long_enough(ref.sample, shortest) for ref, shortest in zip(clips, frames, strict=True)]
    if not all(fit):
        first = clips[fit.index(False)].sample.sample_id
        logger.warning(f"finetune: {fit.count(False)} clips too short for their target excluded ({first}, ...)")
    return [ref for ref, fits in zip(clips, fit, strict=True) if fits]


def with_min_steps(recipe: RecipeParams, clips: int) -> RecipeParams:
    """The recipe with as many epochs over so many clips as its `min_steps` ask for, if its own are fewer."""
    steps_per_epoch = max(1, -(-clips // recipe.batch_size))
    return recipe.model_copy(update={"epochs": max(recipe.epochs, -(-recipe.min_steps // steps_per_epoch))})


def finetune(
    params: Params, benchmark: str, init: str, seed: int, pack: Path, text: Path, pretrained: Path | None, out: Path
) -> None:
    """Fine-tune one benchmark into the folder `out`. Raises SignScaleError on an empty split or weights that misfit."""
    if benchmark not in params.finetune.benchmarks:
        raise SignScaleError(f"benchmark {benchmark!r} is not in finetune.benchmarks")
    check_start(init, seed, pretrained)
    if params.pretrain.start and pretrained is None:
        raise SignScaleError("pretrain.from: the sizes are those of that model; name its folder with --pretrained")
    check_writable(out / "config.json")
    settings = params.finetune.benchmarks[benchmark]
    task, recipe = load_task(settings.task), params.finetune.recipe(settings.task)
    store, corpus = TextStore(text), open_pack(pack)
    choosing = ["dev"] if settings.select_on == "dev" else []
    train, dev = (clips_of(corpus, task.needs, s, settings.subset) for s in (settings.train_splits, choosing))
    train = few_shot(train, settings.shots, seed)
    train = long_enough(train, task, recipe)
    recipe = with_min_steps(recipe, len(train))
    for name, clips in [("train", train), *((split, dev) for split in choosing)]:
        if not clips:
            raise SignScaleError(f"{benchmark}: {pack} has no {name} clip with a target for {task.name}")
    if settings.scorer == "sclite":
        find_sclite()  # said now, not after the first epoch
    set_deterministic(seed)
    vocabulary = task.learn_vocabulary([ref.sample for ref in train], recipe)
    if vocabulary is not None and not vocabulary:
        raise SignScaleError(f"{benchmark}: no training sample has a target for {task.name}; choose another corpus")
    wanted = encoder_size(params, pretrained)
    size = wanted.model_copy(update={"max_frames": recipe.max_frames})
    model = TaskModel(task.name, size, recipe, vocabulary, store)
    if init == "pretrained":
        load_encoder(model, wanted, pretrained)
        check_handedness(pretrained, params.pack.handedness)
    remarks = task.dev_remarks([ref.sample for ref in dev], vocabulary)
    for remark in [*remarks, *length_remarks(model, train + dev)]:
        logger.warning(f"finetune: {benchmark}: {remark}")
    curves, best = train_epochs(model, recipe, train, dev, init, seed, conventions_of(settings))
    write_text(out / "curves.jsonl", "".join(json.dumps(line, sort_keys=True) + "\n" for line in curves))
    spoken = languages([ref.sample for ref in train])
    config = describe(benchmark, settings, init, seed, size, recipe, vocabulary, store, spoken)
    if init == "pretrained":
        config["pretrained_on"] = sorted(load_config(pretrained).get("corpora", {}))
    preprocessing = preprocessing_of(train, params, recipe)
    save_preprocessing(out, preprocessing)
    save_card(out, config, preprocessing, task)
    save_model(out, best, config, vocabulary if isinstance(vocabulary, bytes) else b"")


def describe(
    benchmark: str,
    settings: BenchmarkParams,
    init: str,
    seed: int,
    size: ModelParams,
    recipe: RecipeParams,
    vocabulary: Any,
    store: TextStore,
    languages: list[str],
) -> dict[str, Any]:
    """The config that makes the model folder stand alone; a tokenizer lies beside it."""
    return {
        "model_type": "signscale",
        "format": 1,
        "kind": "finetune",
        "benchmark": benchmark,
        "task": settings.task,
        "corpus": settings.corpus,
        "subset": settings.subset,
        "shots": settings.shots,
        "select_on": settings.select_on,
        "languages": languages,
        "init": init,
        "seed": seed,
        "model": size.model_dump(),
        "recipe": recipe.model_dump(),
        "vocabulary": None if isinstance(vocabulary, bytes) else vocabulary,
        "text": store.description(),
    }


def check_start(init: str, seed: int, pretrained: Path | None) -> None:
    """Raise SignScaleError unless training can start so: said now, not after the last epoch."""
    if init not in ("pretrained", "scratch"):
        raise SignScaleError(f"init: {init!r} is neither pretrained nor scratch")
    if not 0 <= seed < 2**32:
        raise SignScaleError(f"seed: {seed} is not between 0 and 4,294,967,295")
    if init == "scratch":
        return
    if pretrained is None:
        raise SignScaleError("init pretrained needs --pretrained, the folder of the pre-trained model")
    check_is_pretrained(pretrained)


def encoder_size(params: Params, pretrained: Path | None) -> ModelParams:
    """The sizes of the network: those of params, or of the model that is taken over (pretrain.from)."""
    if not params.pretrain.start:
        return params.pretrain.model
    check_is_pretrained(pretrained)
    return checked(ModelParams, load_config(pretrained).get("model"), f"{pretrained}/config.json: model")


def load_encoder(model: TaskModel, wanted: ModelParams, pretrained: Path) -> None:
    """Put the pre-trained weights in: the encoder's, and those of the head that its task takes over.

    Raises SignScaleError if they are of another size.
    """
    if load_config(pretrained).get("model") != wanted.model_dump():
        raise SignScaleError(f"{pretrained}: pre-trained with another pretrain.model; run the pretrain stage again")
    weights = load_weights(pretrained)
    fill(model.encoder, weights, "encoder.", pretrained)
    model.task.start_head(model.head, model.recipe, weights, pretrained)


def rate_factor(recipe: RecipeParams, step: int, steps_per_epoch: int) -> float:
    """The learning rate's multiple of its peak at a step."""
    if recipe.schedule == "step":
        return step_decay(step, recipe.step_epochs * steps_per_epoch)
    steps = recipe.epochs * steps_per_epoch
    return cosine(step, steps, round(recipe.warmup_share * steps))


def _optimizer(model: TaskModel, recipe: RecipeParams, init: str) -> torch.optim.Optimizer:
    """AdamW; a pre-trained encoder learns at encoder_rate of the head's rate, a random one at the head's rate."""
    encoder_rate = recipe.encoder_rate if init == "pretrained" else 1.0
    model.encoder.requires_grad_(encoder_rate > 0)
    groups = [
        {"params": list(model.head.parameters()), "lr": recipe.learning_rate},
        {"params": list(model.encoder.parameters()), "lr": recipe.learning_rate * encoder_rate},
    ]
    return torch.optim.AdamW(groups, weight_decay=recipe.weight_decay)


def train_epochs(
    model: TaskModel,
    recipe: RecipeParams,
    train: list[ClipRef],
    dev: list[ClipRef],
    init: str,
    seed: int,
    conventions: Conventions = STANDARD,
) -> tuple[list[dict[str, Any]], dict[str, torch.Tensor]]:
    """All epochs; returns the curve and the weights of the epoch that was best on dev, measured by the conventions.

    Of equals the last: a measure such as BLEU-4 may be 0 for many epochs, and the first of those has learned nothing.
    Without dev clips the last epoch is taken and the curve has no dev measure.
    """
    model.to("cuda" if torch.cuda.is_available() else "cpu")
    optimizer = _optimizer(model, recipe, init)
    steps_per_epoch = -(-len(train) // recipe.batch_size)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate_factor(recipe, step, steps_per_epoch))
    clips = FinetuneClips(model, train, seed)
    plan = planned(clips, recipe.batch_size, seed, recipe.epochs)
    curves, best, best_score, chosen = [], {}, float("-inf"), {}
    with closing(loaded(plan, clips, list, worker_count(model.device))) as todo:
        for epoch in Progress(range(recipe.epochs), desc="finetune", unit="epoch"):
            loss = _train_epoch(model, recipe, train, islice(todo, steps_per_epoch), optimizer, schedule, seed)
            line: dict[str, Any] = {"epoch": epoch, "train_loss": loss}
            curves.append(line)
            if dev and (epoch + 1) % recipe.dev_every and epoch + 1 < recipe.epochs:
                continue
            score = float(epoch)
            if dev:
                line["metric"], line["dev"], score = dev_measure(model, dev, recipe.batch_size, conventions)
            if score >= best_score:
                best_score, chosen = score, line
                best = {key: tensor.detach().cpu().clone() for key, tensor in model.state_dict().items()}
    logger.info(f"finetune: kept epoch {chosen['epoch']}: {json.dumps(chosen)}")
    return curves, best


def _train_epoch(
    model: TaskModel,
    recipe: RecipeParams,
    train: list[ClipRef],
    batches: Iterable[tuple[Step, list[np.ndarray]]],
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    seed: int,
) -> float:
    """One pass over the training clips, in the batches of one epoch; returns the mean loss a clip.

    Raises SignScaleError if a loss is not a number.
    """
    model.train()
    total = 0.0
    for step, clips in batches:
        torch.manual_seed(seed * 1_000_003 + step.number)
        samples = [train[i].sample for i in step.indices]
        loss = model.head.loss(*model.features(clips), samples)
        if not torch.isfinite(loss):
            where = f"epoch {step.epoch} at {samples[0].sample_id}"
            raise SignScaleError(f"finetune: loss is {loss.item()} in {where}, ...")
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if recipe.gradient_clipping:
            learned = [p for p in model.parameters() if p.requires_grad]
            torch.nn.utils.clip_grad_norm_(learned, recipe.gradient_clipping)
        optimizer.step()
        schedule.step()
        total += loss.item() * len(samples)
    return total / len(train)


def dev_measure(
    model: TaskModel, dev: list[ClipRef], batch_size: int, conventions: Conventions
) -> tuple[str, float, float]:
    """The task's own measure on dev, as the test is scored: name, value, and a score of which more is better."""
    lines = predict_clips(model, dev, batch_size)
    measures = {measure.name: measure for measure in model.task.measures(lines, conventions)}
    measure = measures[model.task.measure]
    value = float(value_of(measure.statistic, len(lines)))
    return measure.name, value, value if measure.higher_is_better else -value
