"""The sections before training: raw data, packs, text."""

from typing import Annotated, Literal

from pydantic import Field

from signscale.params.section import Count, Name, Names, Positive, Section, Share


class AcquireParams(Section):
    """Which corpora are downloaded, and how gently the hosts are treated."""

    corpora: Names
    absent: list[Name] = Field(
        default=[], description="corpora left out, which this machine does not have; never in params.yaml"
    )
    raw: str = Field(pattern=r"^[^/~].*", description="folder of raw data, relative to the repository")
    timeout: Positive = Field(description="seconds without a byte before a connection is given up")
    attempts: Count = Field(description="tries a file, with growing pauses")
    min_kept: Share = Field(
        default=0.995, description="least share of an annotation file's rows that make samples; below it acquire stops"
    )
    fetch_jobs: dict[Name, Count] = Field(default={}, description="jobs that share a corpus's fetching; one if unnamed")


Handedness = Literal["as_filmed", "dominant_right"]


class PackParams(Section):
    """Filters on the way into the training shards, and how clips are shown there."""

    min_frames: Count
    min_person_share: Share
    min_hand_share: Share
    max_jump_share: Share
    max_swap_share: Share
    min_confidence: Share
    trim_ends: bool = Field(default=False, description="cut the frames before the first and after the last with a hand")
    composed_share: Annotated[float, Field(gt=0, le=1)]
    handedness: Handedness = "as_filmed"
    """The default is what models of version 0.2 were trained with."""


class TextParams(Section):
    """The frozen text encoder."""

    encoder: str
    languages: dict[str, str]
    max_tokens: Annotated[int, Field(ge=2)]
    batch_size: Count
    dtype: Literal["float32", "float16"]
