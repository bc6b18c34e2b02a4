"""Every knob of the project as one validated object, made from params.yaml and a preset overlay.

`load_params` is called once by whoever starts a job; the object, or a section of it, is passed down. Wrong input raises
SignScaleError with one line for each fault, naming the key and what is allowed.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from signscale.errors import SignScaleError

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]


class Section(BaseModel):
    """A part of params.yaml: unknown keys are refused, values are never coerced from text, nothing changes later."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class AcquireParams(Section):
    """Which corpora are fetched, and how politely."""

    corpora: list[Name] = Field(min_length=1)
    absent: list[Name] = Field(default=[], description="corpora left out, their gates being shut; never in params.yaml")
    raw: str = Field(pattern=r"^[^/~].*", description="folder of raw data, relative to the repository")
    timeout: Positive = Field(description="seconds without a byte before a connection is given up")
    attempts: Count = Field(description="tries a file, with growing pauses")
    fetch_jobs: dict[Name, Count] = Field(default={}, description="jobs that share a corpus's fetching; one if unnamed")


class MediaPipeParams(Section):
    """MediaPipe Holistic's own options."""

    model_complexity: Literal[0, 1, 2]
    min_detection_confidence: Share
    min_tracking_confidence: Share


class WeightsParams(Section):
    """A file of trained weights, by URL or by path."""

    source: str = Field(min_length=1)
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{8,64}$")]

    @property
    def path(self) -> Path:
        """Where the file lies once it is here: what is named by a URL is kept in data/models under its own name."""
        return Path("data/models") / self.source.rsplit("/", 1)[-1] if "://" in self.source else Path(self.source)


class DetectorParams(Section):
    """The person detector in front of MMPose."""

    config: str
    weights: WeightsParams
    min_score: Share


class MMPoseParams(Section):
    """MMPose, top-down."""

    config: str
    weights: WeightsParams
    detector: DetectorParams
    flip_test: bool
    precision: Literal["fp32", "bf16", "fp16"]
    batch_size: Count


class InterWildParams(Section):
    """InterWild's hands, on MMPose's body and face."""

    weights: WeightsParams | None


class KeypointsParams(Section):
    """From pixels or foreign skeletons to 133 points."""

    clips_per_shard: Count
    estimator: Literal["paper", "mediapipe"]
    mmpose: MMPoseParams
    interwild: InterWildParams
    mediapipe: MediaPipeParams


class PackParams(Section):
    """Quality gates on the way into the training shards."""

    min_frames: Count
    max_frames: Count
    min_person_share: Share
    min_hand_share: Share
    max_jump_share: Share
    max_swap_share: Share
    min_confidence: Share
    composed_share: Annotated[float, Field(gt=0, le=1)]


class TextParams(Section):
    """The frozen text encoder."""

    encoder: str
    languages: dict[str, str]
    max_tokens: Annotated[int, Field(ge=2)]
    batch_size: Count
    dtype: Literal["float32", "float16"]


class ModelParams(Section):
    """Sizes and readings of the network (PAPER: Table III)."""

    embedding: Literal["gcn", "linear"]
    reading: Literal["table", "prose"]
    branches: Literal["both", "manual", "non_manual"]
    graph_channels: list[Count] = Field(min_length=1)
    part_width: Count
    blocks: Count
    heads: Count
    dropout: Annotated[float, Field(ge=0, lt=1)]
    shared_width: Count
    max_frames: Count

    @model_validator(mode="after")
    def _heads_divide(self) -> "ModelParams":
        if self.part_width % self.heads:
            raise ValueError(f"heads ({self.heads}) must divide part_width ({self.part_width})")
        return self


class MaskParams(Section):
    """Hierarchical masking of the pose input."""

    ratio: Annotated[float, Field(ge=0, le=0.95)]
    levels: list[Literal["joint", "frame", "clip"]] = Field(min_length=1)
    max_joints: Count
    max_shift: Positive
    clip_length: Annotated[list[Count], Field(min_length=2, max_length=2)]


class AugmentParams(Section):
    """Random changes of a training clip, the same for a sample in an epoch whatever the worker; 0 switches one off."""

    rotate: Annotated[float, Field(ge=0, le=180)]
    scale: Annotated[float, Field(ge=0, lt=1)]
    shear: Annotated[float, Field(ge=0, lt=1)]
    shift: Annotated[float, Field(ge=0, lt=1)]
    jitter: Annotated[float, Field(ge=0, lt=1)]
    speed: Annotated[float, Field(ge=0, lt=1)]
    crop: Annotated[float, Field(ge=0, lt=1)]
    mirror: Share


class LossParams(Section):
    """Total = reconstruction + weight x contrast."""

    reconstruction: bool
    contrast: bool
    contrast_weight: Annotated[float, Field(ge=0)]
    similarity: Literal["fine", "coarse"]
    window: Count
    attention_temperature: Positive
    temperature: Positive

    @model_validator(mode="after")
    def _something_to_learn(self) -> "LossParams":
        if not (self.reconstruction or self.contrast):
            raise ValueError("reconstruction and contrast are both off: nothing is left to learn")
        return self


class DeepSpeedParams(Section):
    """What is handed to DeepSpeed."""

    zero_stage: Literal[0, 1, 2, 3]
    precision: Literal["fp32", "bf16"]
    gradient_clipping: Annotated[float, Field(ge=0)]


class SkipParams(Section):
    """Which steps of pre-training are not taken."""

    spike: Annotated[float, Field(ge=0)]
    stop_after: Count


class PretrainParams(Section):
    """The pre-training run."""

    corpora: list[Name] = Field(min_length=1)
    absent: list[Name] = Field(default=[], description="corpora left out, their gates being shut; never in params.yaml")
    splits: Literal["paper"] | Annotated[list[Literal["train", "dev"]], Field(min_length=1)]
    data_share: Annotated[float, Field(gt=0, le=1)]
    model: ModelParams
    mask: MaskParams
    augment: AugmentParams
    loss: LossParams
    epochs: Count
    batch_size: Count
    micro_batch: Annotated[int, Field(ge=0)]
    learning_rate: Positive
    weight_decay: Annotated[float, Field(ge=0)]
    warmup_share: Share
    skip: SkipParams
    checkpoint_every: Count
    keep_checkpoints: Count
    deepspeed: DeepSpeedParams


class RecipeParams(Section):
    """How one task is fine-tuned (PAPER: Table III)."""

    epochs: Count
    batch_size: Count
    learning_rate: Positive
    encoder_rate: Share
    weight_decay: Annotated[float, Field(ge=0)]
    schedule: Literal["step", "cosine"]
    step_epochs: Count
    warmup_share: Share
    dropout: Annotated[float, Field(ge=0, lt=1)]
    dev_every: Count
    augment: AugmentParams


class IslrParams(RecipeParams):
    """Isolated sign language recognition."""

    label_smoothing: Annotated[float, Field(ge=0, lt=1)]
    frames: Count


class CslrParams(RecipeParams):
    """Continuous sign language recognition."""

    hidden: Count
    beam: Count


class SltParams(RecipeParams):
    """Gloss-free sign language translation."""

    width: Count
    blocks: Count
    heads: Count
    beam: Count
    vocabulary: Annotated[int, Field(ge=40)]
    max_tokens: Count
    label_smoothing: Annotated[float, Field(ge=0, lt=1)]


class RetrievalParams(RecipeParams):
    """Sign-text retrieval."""

    window: Count
    shared_width: Count
    attention_temperature: Positive
    temperature: Positive


class BenchmarkParams(Section):
    """One benchmark: a corpus seen through a task."""

    corpus: Name
    task: Literal["islr", "cslr", "slt", "retrieval"]
    subset: str = Field(default="", description="published subset of the corpus's classes; empty: all")
    train_splits: list[Literal["train", "dev"]] = Field(min_length=1)
    select_on: Literal["dev", "last"] = "dev"
    cleanup: Literal["none", "phoenix14", "phoenix14t"] = "none"
    lineage: Literal["python", "sclite"] = "python"
    subsets: Literal["none", "nmfs_csl"] = "none"
    seeds: list[Annotated[int, Field(ge=0)]] = []

    @model_validator(mode="after")
    def _dev_is_free(self) -> "BenchmarkParams":
        if self.select_on == "dev" and "dev" in self.train_splits:
            raise ValueError("train_splits has dev, so dev cannot choose the epoch; set select_on: last")
        return self


class FinetuneParams(Section):
    """Fine-tuning: which benchmarks, from which weights, with which seeds and recipes."""

    benchmarks: dict[Name, BenchmarkParams]
    absent: dict[Name, BenchmarkParams] = Field(
        default={}, description="benchmarks left out, their corpora's gates being shut; never in params.yaml"
    )
    inits: list[Literal["pretrained", "scratch"]] = Field(min_length=1)
    seeds: list[Annotated[int, Field(ge=0)]] = Field(min_length=1)
    islr: IslrParams
    cslr: CslrParams
    slt: SltParams
    retrieval: RetrievalParams


class EvaluateParams(Section):
    """Scoring."""

    bootstrap: Annotated[int, Field(ge=100)]
    confidence: Annotated[float, Field(gt=0.5, lt=1)]


class AblationParams(Section):
    """The sweep over the paper's ablation tables."""

    seeds: list[Annotated[int, Field(ge=0)]] = Field(min_length=1)
    benchmarks: list[Name] = Field(min_length=1)
    settings: dict[Literal["pretrain", "finetune"], dict[str, Any]]
    tables: dict[Name, dict[str, dict[str, Any] | Literal["scratch"]]]


class ReportParams(Section):
    """The report."""

    title: str
    examples: Count


class Params(Section):
    """All of params.yaml with its preset laid over it."""

    preset: Name
    seed: Annotated[int, Field(ge=0)]
    acquire: AcquireParams
    keypoints: KeypointsParams
    pack: PackParams
    text: TextParams
    pretrain: PretrainParams
    finetune: FinetuneParams
    evaluate: EvaluateParams
    ablations: AblationParams
    report: ReportParams

    @model_validator(mode="after")
    def _corpora_exist(self) -> "Params":
        known = set(self.acquire.corpora)
        for key, names in [
            ("pretrain.corpora", self.pretrain.corpora),
            *((f"finetune.benchmarks.{n}.corpus", [b.corpus]) for n, b in self.finetune.benchmarks.items()),
        ]:
            if missing := sorted(set(names) - known):
                raise ValueError(f"{key}: {', '.join(missing)} is not in acquire.corpora ({', '.join(sorted(known))})")
        return self

    @model_validator(mode="after")
    def _sweep_is_possible(self) -> "Params":
        sections = {"pretrain": (PretrainParams, self.pretrain), "finetune": (FinetuneParams, self.finetune)}
        laid = {
            key: (section, overlay(own.model_dump(), self.ablations.settings.get(key, {})))
            for key, (section, own) in sections.items()
        }
        changes = {f"settings.{key}": entry for key, entry in laid.items()}
        for table, labels in self.ablations.tables.items():
            for label, change in labels.items():
                if change != "scratch":
                    changes[f"tables.{table}.{label}"] = (PretrainParams, overlay(laid["pretrain"][1], change))
        for key, (section, content) in changes.items():
            try:
                section.model_validate(content)
            except ValidationError as error:
                raise ValueError(f"ablations.{key}: {fault(error.errors()[0])}") from None
        return self


def overlay(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """`base` with every leaf of `over` laid on it; mappings merge, all else is replaced.

    A mapping ending in its own key `only: true` replaces instead of merging (for `benchmarks` and the like).
    """
    merged = dict(base)
    for key, value in over.items():
        if isinstance(value, dict) and value.get("only") is True:
            merged[key] = {k: v for k, v in value.items() if k != "only"}
        elif isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = overlay(merged[key], value)
        else:
            merged[key] = value
    return merged


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SignScaleError(f"{path}: no such file; a preset is a file in workflow/presets") from None
    except yaml.YAMLError as error:
        raise SignScaleError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise SignScaleError(f"{path}: expected keys and values, found {type(content).__name__}")
    return content


def fault(error: dict[str, Any]) -> str:
    """One pydantic error as `key: what is allowed`."""
    key = ".".join(str(part) for part in error["loc"]) or "params"
    if error["type"] == "extra_forbidden":
        return f"{key}: no such key; see params.yaml for the keys there are"
    if error["type"] == "missing":
        return f"{key}: this key is missing"
    message = error["msg"].removeprefix("Value error, ")
    found = error.get("input")
    shown = "" if isinstance(found, dict) else f" (found {found!r})"
    return f"{key}: {message}{shown}"


def validate(content: dict[str, Any], source: str) -> Params:
    """Make Params of a plain mapping; raises SignScaleError with one line a fault, each naming the key."""
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        raise SignScaleError("\n".join(f"{source}: {fault(one)}" for one in error.errors())) from None


SectionType = TypeVar("SectionType", bound=Section)


def checked(section: type[SectionType], content: Any, source: str) -> SectionType:
    """A section made of foreign plain values; raises SignScaleError, one line naming the source and its first fault."""
    try:
        return section.model_validate(content)
    except ValidationError as error:
        raise SignScaleError(f"{source}: {fault(error.errors()[0])}; was it made with this version?") from None


def load_params(root: Path | str = ".", preset: str | None = None) -> Params:
    """Read `root`/params.yaml, lay its preset (or the one named) over it and validate.

    Raises SignScaleError with one line a fault.
    """
    root = Path(root)
    content = _read_yaml(root / "params.yaml")
    name = preset or content.get("preset")
    if not isinstance(name, str) or not name.replace("_", "").replace("-", "").isalnum():
        raise SignScaleError(f"params.yaml: preset: expected the name of a file in workflow/presets (found {name!r})")
    over = _read_yaml(root / "workflow" / "presets" / f"{name}.yaml")
    return validate(overlay(content, over | {"preset": name}), f"params.yaml with preset {name}")
