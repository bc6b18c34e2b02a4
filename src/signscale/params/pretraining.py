"""The section of pre-training: model, mask, losses, DeepSpeed."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from signscale.params.section import Count, Distinct, Name, Names, Positive, Section, Share


class ModelParams(Section):
    """Sizes and interpretations of the network (PAPER: Table III)."""

    embedding: Literal["gcn", "linear"]
    interpretation: Literal["table", "prose"]
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
    levels: Annotated[list[Literal["joint", "frame", "clip"]], Field(min_length=1), Distinct]
    max_joints: Count
    max_shift: Positive
    clip_length: Annotated[list[Count], Field(min_length=2, max_length=2)]

    @model_validator(mode="after")
    def _shortest_first(self) -> "MaskParams":
        shortest, longest = self.clip_length
        if shortest > longest:
            raise ValueError(f"clip_length: the shortest, {shortest}, is longer than the longest, {longest}")
        return self


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
    """Options passed to DeepSpeed."""

    zero_stage: Literal[0, 1, 2, 3]
    precision: Literal["fp32", "bf16"]
    gradient_clipping: Annotated[float, Field(ge=0)]


class SkipParams(Section):
    """Which steps of pre-training are skipped."""

    spike: Annotated[float, Field(ge=0)]
    stop_after: Count


class PretrainParams(Section):
    """The pre-training run."""

    start: str | None = Field(
        default=None,
        alias="from",
        min_length=1,
        description="a model to start from in place of a pre-training of one's own: its folder, or org/name of the hub",
    )
    corpora: Names
    absent: list[Name] = Field(
        default=[], description="corpora left out, which this machine does not have; never in params.yaml"
    )
    splits: Literal["paper"] | Annotated[list[Literal["train", "dev"]], Field(min_length=1), Distinct]
    data_share: Annotated[float, Field(gt=0, le=1)]
    clips_per_label: int = Field(default=0, ge=0, description="most clips of a label of a corpus; 0: all")
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
