"""What the lines of files of results hold. Further keys are left alone; a value of another kind is refused."""

from dataclasses import fields
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator

from signscale.tasks.metrics.metric import Metric

Rank = Annotated[int, Field(ge=1)]


class ResultLine(BaseModel):
    """A line of any file of results."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)


class Ranked(ResultLine):
    """A prediction of ranked labels."""

    sample_id: str
    label: str
    ranked: list[str] = Field(min_length=1)
    probabilities: list[float] = []

    @model_validator(mode="after")
    def _one_each(self) -> "Ranked":
        if self.probabilities and len(self.probabilities) != len(self.ranked):
            raise ValueError(f"{len(self.probabilities)} probabilities for {len(self.ranked)} labels")
        return self


class Said(ResultLine):
    """A prediction of words beside its reference."""

    sample_id: str
    reference: str
    hypothesis: str
    language: str = ""


class Hit(ResultLine):
    """A clip that a search found."""

    sample_id: str
    score: float


class Searched(ResultLine):
    """A search for the clips of a sentence."""

    sample_id: str
    text: str
    text_id: str
    top: list[Hit]
    t2v_rank: Rank = 1
    v2t_rank: Rank = 1


FORMS: dict[str, type[ResultLine]] = {"ranked": Ranked, "line": Said, "search": Searched}
"""The predictions of a task, by its form."""


class Epoch(ResultLine):
    """An epoch of fine-tuning, in curves.jsonl."""

    epoch: int
    train_loss: float


Figure = create_model(
    "Figure", __base__=ResultLine, **{one.name: (one.type, ...) for one in fields(Metric) if one.name != "name"}
)
"""A metric in metrics.json, which stands under its name."""
