"""Sentences that no text store holds, encoded on demand by the frozen encoder that a model was trained with."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from signscale.errors import SignScaleError

if TYPE_CHECKING:
    from signscale.text.encoder import FrozenTextEncoder


class LiveText:
    """Stands where a TextStore does. description: TextStore.description of the store that trained the model.

    The encoder is looked for under `raw` and loaded with the first sentence. Raises SignScaleError then if it cannot be
    had, or if its weights are not those of the description.
    """

    def __init__(self, description: Mapping[str, Any], raw: Path | str = "data/raw"):
        self.encoder, self.width = str(description["encoder"]), int(description["width"])
        self._description, self._raw = description, raw
        self._sentences: list[tuple[str, str]] = []

    @cached_property
    def _live(self) -> "FrozenTextEncoder":
        from signscale.text.encoder import load_encoder

        known = self._description
        live = load_encoder(self.encoder, known["languages"], known["max_tokens"], self._raw)
        if live.weights_sha256 != known["weights_sha256"]:
            raise SignScaleError(f"{self.encoder}: its weights are not those the model was trained with; fetch those")
        return live

    def index(self, text: str, sign_language: str) -> int:
        """Number of a sentence; raises SignScaleError if it is empty."""
        if not text.strip():
            raise SignScaleError("the text is empty; give a sentence")
        if (text, sign_language) not in self._sentences:
            self._sentences.append((text, sign_language))
        return self._sentences.index((text, sign_language))

    def features(self, index: int) -> np.ndarray:
        """float32 (n, width): one row a token, as rounded as in the store."""
        (features,) = self._live.encode([self._sentences[index]])
        return features.astype(self._description["dtype"]).astype(np.float32)
