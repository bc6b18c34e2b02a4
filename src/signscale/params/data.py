"""The sections before training: raw data, keypoints, packs, text."""

from pathlib import Path
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


class PublishedParams(Section):
    """Keypoints of a corpus that others published; they are read, and its videos are not needed."""

    format: Literal["slrt", "unisign", "seds", "openpose", "pose", "openhands", "kaggle", "mp_data", "wlasl_hands"]
    path: str = Field(min_length=1, description="file or folder, relative to the repository unless it begins with /")
    size: Annotated[list[Count], Field(min_length=2, max_length=2)] | None = Field(
        default=None, description="width and height of the frames they were estimated on, if the files do not say"
    )
    fps: Positive | None = Field(default=None, description="frames a second, if neither files nor corpus say")
    estimator: str = Field(default="", description="who estimated them, if not the format's usual one")
    source: str = Field(default="", description="where they come from, as shards, report and cards name it")


class KeypointsParams(Section):
    """From pixels or foreign skeletons to 133 points."""

    clips_per_shard: Count
    estimator: Literal["paper", "mediapipe"]
    mmpose: MMPoseParams
    interwild: InterWildParams
    mediapipe: MediaPipeParams
    published: dict[Name, PublishedParams] = Field(default={}, description="corpora whose keypoints others published")


class PackParams(Section):
    """Quality filters on the way into the training shards."""

    min_frames: Count
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
