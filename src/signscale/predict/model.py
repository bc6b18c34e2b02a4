"""`SignScale`: a model folder as an object that recognises, translates, embeds, or gives features."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from signscale.data.clips import centre_cut, still_pose
from signscale.data.handedness import in_handedness
from signscale.errors import SignScaleError
from signscale.formats.sample import Sample
from signscale.formats.shard import Clip
from signscale.model.encoder import PoseEncoder
from signscale.model.folder import load_config
from signscale.model.preprocessing import Preprocessing, load_preprocessing
from signscale.model.source import fetch_model, is_of_hub
from signscale.model.weights import WithoutValues, fill, load_weights
from signscale.params import ModelParams, checked
from signscale.predict.clip import clip_of
from signscale.tasks.heads.finite import without_nan
from signscale.tasks.model import FinetuneConfig, TaskModel, load_finetune_config, load_task_model
from signscale.text.live import LiveText

Source = Path | str | np.ndarray | Clip


class _Seen(NamedTuple):
    """A clip, the frames [first, end) of it that the network takes, and its features (1, T, width) with their mask."""

    clip: Clip
    first: int
    end: int
    features: torch.Tensor
    valid: torch.Tensor


class SignScale:
    """A model from its folder. task: islr, cslr, slt, retrieval, or None for a pre-trained encoder alone.

    Every method takes a clip as a path (a video, a .pose file), as a Clip, or as keypoints (T, 133, 3) in pixels with
    the picture's size (width, height), and raises SignScaleError, one line, if it cannot be used.
    """

    def __init__(
        self,
        folder: Path,
        preprocessing: Preprocessing,
        net: TaskModel | PoseEncoder,
        config: FinetuneConfig | None = None,
        summary: bool = False,
    ):
        self.folder, self.preprocessing, self._config = folder, preprocessing, config
        self.net = net.eval().to("cuda" if torch.cuda.is_available() else "cpu")
        self.task: str | None = net.task.name if isinstance(net, TaskModel) else None
        self.encoder: PoseEncoder = net.encoder if isinstance(net, TaskModel) else net
        self._summary = summary

    @classmethod
    def from_pretrained(cls, folder: Path | str, raw: Path | str = "data/raw") -> "SignScale":
        """The model of a folder that fine-tuning or pre-training wrote, or of `org/name` of the Hugging Face hub.

        raw: where text encoders of retrieval lie, and where models of the hub are kept. Raises SignScaleError (one
        line) if the folder is no model folder, corrupt or incompatible, or the hub does not give it.
        """
        folder = fetch_model(folder, raw) if is_of_hub(folder) else Path(folder)
        kind = load_config(folder).get("kind")
        if kind == "pretrain":
            encoder, summary = _pretrained(folder)
            return cls(folder, load_preprocessing(folder), encoder, summary=summary)
        config, recipe = load_finetune_config(folder)
        preprocessing = load_preprocessing(folder)
        if (preprocessing.max_frames, preprocessing.frames) != (
            config.model.max_frames,
            getattr(recipe, "frames", None),
        ):
            raise SignScaleError(f"{folder}: config.json and preprocessor_config.json disagree; fetch both again")
        net, _ = load_task_model(folder, LiveText(config.text.model_dump(), raw))
        return cls(folder, preprocessing, net, config)

    @torch.inference_mode()
    def _see(self, source: Source, size: tuple[int, int] | None) -> _Seen:
        """The features of a clip; of a clip that is too long for the network, those of its middle."""
        clip = clip_of(source, self.preprocessing, size)
        longest = self.preprocessing.max_frames
        first = max(0, (len(clip.keypoints) - longest) // 2)
        shown = in_handedness(clip, self.preprocessing.filters.handedness)
        middle = Clip(clip.sample_id, centre_cut(shown.keypoints, longest), clip.size, clip.fps)
        pose = self.net.still(middle) if isinstance(self.net, TaskModel) else still_pose(middle, longest)
        batch = torch.from_numpy(pose[None]).to(self._device)
        valid = torch.ones(batch.shape[:2], dtype=torch.bool, device=self._device)
        features = self.encoder(batch, valid)
        if not torch.isfinite(features).all():
            raise SignScaleError(
                f"{self.folder}: the features are not numbers; the weights are damaged, fetch them again"
            )
        return _Seen(clip, first, first + len(middle.keypoints), features, valid)

    @property
    def width(self) -> int:
        """Numbers of a vector in the space shared with text, of a model of retrieval."""
        self.check_searches()
        return self.net.recipe.shared_width

    @property
    def _device(self) -> torch.device:
        return next(self.net.parameters()).device

    def features(self, source: Source, size: tuple[int, int] | None = None) -> np.ndarray:
        """Sign features, float32 (T, width), one row a frame that the network sees."""
        features = self._see(source, size).features[0].cpu().numpy()
        return features[1:] if self._summary else features

    @torch.inference_mode()
    def predict(self, source: Source, size: tuple[int, int] | None = None) -> dict[str, Any]:
        """The answer to a clip, ready for JSON: clip, task, fps, frames (all), seen ([first, end) of them), and what
        the task answers (Task.answer)."""
        self.check_predicts()
        seen = self._see(source, size)
        (line,) = self.net.head.predict(seen.features, seen.valid, [_unknown(seen.clip.sample_id)])
        about = {"clip": seen.clip.sample_id, "task": self.task, "fps": seen.clip.fps}
        about |= {"frames": len(seen.clip.keypoints), "seen": [seen.first, seen.end]}
        return about | self.net.task.answer(line, seen.first, seen.clip.fps)

    def check_predicts(self) -> None:
        """Raise SignScaleError if the model searches, or is not fine-tuned: it has no answer to a clip."""
        if not isinstance(self.net, TaskModel) or self.net.task.searches:
            use = "search with it (signscale index)" if self.task else "take its features, or fine-tune it"
            raise SignScaleError(f"{self.folder}: a model of {self.task or 'pre-training'} predicts nothing; {use}")

    @torch.inference_mode()
    def sign_windows(self, source: Source, size: tuple[int, int] | None = None) -> np.ndarray:
        """Unit vectors (m, d) of a clip's windows in the space shared with text, by a model of retrieval."""
        self.check_searches()
        seen = self._see(source, size)
        windows, mask = self.net.head.sign_windows(seen.features, seen.valid)
        return without_nan(windows[mask], "vectors").cpu().numpy()

    @torch.inference_mode()
    def text_windows(self, text: str, language: str = "") -> np.ndarray:
        """Unit vectors (n, d) of a sentence's tokens in the same space. language: the sign language (ISO 639-3) whose
        language token the encoder is given, where it has such; "" if all its sign languages have the same."""
        self.check_searches()
        language = language or self._language()
        tokens, mask, _ = self.net.head.text_tokens([_unknown("query", text, language)])
        return without_nan(tokens[mask], "vectors").cpu().numpy()

    def language_token(self, language: str) -> str:
        """The language token that the text encoder gets for a sign language, "" if none."""
        self.check_searches()
        return self._config.text.languages.get(language, "")

    def _language(self) -> str:
        """The sign language of a query that names none."""
        if len({self.language_token(language) for language in self._config.languages}) > 1:
            known = ", ".join(self._config.languages)
            raise SignScaleError(f"{self.folder}: name the sign language of the text: {known}")
        return self._config.languages[0]

    def check_searches(self) -> None:
        """Raise SignScaleError if the model does not place clips beside sentences."""
        if not isinstance(self.net, TaskModel) or not self.net.task.searches:
            raise SignScaleError(f"{self.folder}: a model of {self.task or 'pre-training'}; searching needs retrieval")


def _unknown(name: str, text: str = "", language: str = "") -> Sample:
    """A sample row for a clip of which only the name is known."""
    return Sample(name, "", "", language, "", "", 0.0, -1.0, 0.0, "", text, "", "")


def _pretrained(folder: Path) -> tuple[PoseEncoder, bool]:
    """The encoder of a pre-training folder, and whether its first row is a summary of the clip."""
    config = load_config(folder)
    params = checked(ModelParams, config.get("model"), f"{folder}/config.json: model")
    weights = load_weights(folder)
    summary = any(name.startswith("encoder.") and name.endswith(".summary") for name in weights)
    with WithoutValues():
        encoder = PoseEncoder(params, summary)
    fill(encoder, weights, "encoder.", folder, assign=True)
    return encoder, summary
