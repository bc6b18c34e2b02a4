"""What the recipes of all tasks have; each task's own is in its file (signscale.tasks)."""

from typing import Annotated, Literal

from pydantic import Field

from signscale.params.pretraining import AugmentParams
from signscale.params.section import Count, Positive, Section, Share


class RecipeParams(Section):
    """How one task is fine-tuned (PAPER: Table III)."""

    epochs: Count
    min_steps: int = Field(
        default=0, ge=0, description="least steps; where clips are few, epochs are added until there are so many"
    )
    batch_size: Count
    learning_rate: Positive
    encoder_rate: Share
    weight_decay: Annotated[float, Field(ge=0)]
    schedule: Literal["step", "cosine"]
    step_epochs: Count
    warmup_share: Share
    dropout: Annotated[float, Field(ge=0, lt=1)]
    dev_every: Count
    max_frames: Count = Field(
        default=256, description="frames of a clip, in training and evaluation; of a longer one the middle"
    )
    """The default is what models fine-tuned by version 0.2 saw."""
    gradient_clipping: Annotated[float, Field(ge=0)] = Field(default=1.0, description="largest norm; 0 is off")
    """The default is what version 0.2 trained with."""
    augment: AugmentParams
