"""A search index: finds clips for a sentence and sentences for a clip. A retrieval model builds it once.

A folder with index.json (the model, the clips' ids, their distinct sentences) and index.safetensors: the unit vectors
of the clips' windows and of the sentences' tokens, float32, back to back, with offsets.
"""

import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import numpy as np
import torch
from pydantic import Field
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from signscale.data.batches import pad
from signscale.errors import SignScaleError
from signscale.formats.files import check_writable, read_json, sha256, write_json, written_whole
from signscale.formats.packed import open_pack
from signscale.formats.reading import reading
from signscale.model.similarity import fine_grained_similarity
from signscale.params import Section, checked
from signscale.predict.estimation import opened
from signscale.predict.model import SignScale, Source
from signscale.progress import Progress

logger = logging.getLogger(__name__)

AT_ONCE = 1024
"""Clips or sentences compared at once."""


class Contents(Section):
    """index.json. model: its folder, as seen from the index. texts: distinct (sentence, sign language) pairs."""

    format: Literal[1]
    model: str
    weights_sha256: str
    clips: list[str] = Field(min_length=1)
    texts: list[Annotated[list[str], Field(min_length=2, max_length=2)]]


class Hit(NamedTuple):
    """One answer. score: the fine-grained similarity, -1..1."""

    rank: int
    name: str
    score: float


class Entry(NamedTuple):
    """A clip for an index. source: or why there is none. text: its sentence or ""."""

    name: str
    source: Source | SignScaleError
    text: str = ""
    language: str = ""


def index_pack(model: SignScale, folder: Path, split: str, out: Path) -> int:
    """`build_index` of a packed corpus's clips with their sentences; split "" takes all of them."""
    pack = open_pack(folder)
    chosen = [(place, one) for place, one in enumerate(pack.samples) if split in ("", one.split)]
    clips = (Entry(one.sample_id, pack.shard.clip(place), one.text, one.language) for place, one in chosen)
    return build_index(model, clips, len(chosen), out)


def index_files(model: SignScale, paths: list[Path], out: Path) -> int:
    """`build_index` of files, named by their paths as given, with no sentence; videos are estimated side by side."""
    model.check_searches()
    with opened(paths, model.preprocessing) as clips:
        return build_index(model, (Entry(path.as_posix(), source) for path, source in clips), len(paths), out)


def build_index(model: SignScale, clips: Iterable[Entry], count: int, out: Path) -> int:
    """Write the index of `count` clips into the folder `out`; returns how many are in it.

    A clip that cannot be used is named on stderr and left out. Raises SignScaleError if none is left, on a name that
    appears twice, or if the model is not of retrieval.
    """
    model.check_searches()
    check_writable(Path(out) / "index.json")
    names, windows, texts, aside = [], [], {}, 0
    for name, source, text, language in Progress(clips, desc="index", unit="clip", total=count):
        try:
            if isinstance(source, SignScaleError):
                raise source
            windows.append(model.sign_windows(source))
        except SignScaleError as error:
            aside += 1
            logger.warning(f"index: excluded: {error}")
            continue
        names.append(name)
        if text:  # sign languages with one language token share the sentence
            texts.setdefault((text, model.language_token(language)), language)
    if not names:
        raise SignScaleError("index: no clip is left to search in")
    if len(set(names)) != len(names):
        raise SignScaleError("index: a clip appears twice; name each once")
    sentences = sorted((text, language) for (text, _), language in texts.items())
    tokens = [model.text_windows(*sentence) for sentence in sentences]
    with written_whole(Path(out) / "index.safetensors") as partial:
        partial.write_bytes(save(_flat("clip", windows, model.width) | _flat("text", tokens, model.width)))
    contents = Contents(
        format=1,
        model=os.path.relpath(model.folder, out),
        weights_sha256=sha256(model.folder / "model.safetensors"),
        clips=names,
        texts=[list(sentence) for sentence in sentences],
    )
    write_json(Path(out) / "index.json", contents.model_dump())
    logger.info(f"index: {len(names)} clips, {len(sentences)} sentences, {aside} excluded")
    return len(names)


def _flat(name: str, rows: list[np.ndarray], width: int) -> dict[str, np.ndarray]:
    """Arrays (n_i, width) back to back, and where each begins."""
    joined = np.concatenate([np.zeros((0, width), np.float32), *rows])
    return {name: joined, f"{name}_offsets": np.cumsum([0, *map(len, rows)], dtype=np.int64)}


class Index:
    """An index open for searching. Raises SignScaleError if it is not whole, or if the model is not the one it had."""

    def __init__(self, folder: Path | str, model: Path | None = None, raw: Path | str = "data/raw"):
        folder = Path(folder)
        remedy = "build it with signscale index"
        content = read_json(folder / "index.json", remedy)
        with reading(folder / "index.safetensors", "a whole index", remedy, also=(SafetensorError,)):
            self._vectors = load_file(folder / "index.safetensors")
        self.contents = checked(Contents, content, f"{folder}/index.json")
        self._check(folder)
        place = model or Path(os.path.normpath(folder / self.contents.model))
        self.model = SignScale.from_pretrained(place, raw)
        if sha256(place / "model.safetensors") != self.contents.weights_sha256:
            raise SignScaleError(f"{folder}: built by another model than {place}; build it again, or give its --model")

    def _check(self, folder: Path) -> None:
        for name, count in (("clip", len(self.contents.clips)), ("text", len(self.contents.texts))):
            offsets, rows = self._vectors.get(f"{name}_offsets"), self._vectors.get(name)
            if offsets is None or rows is None or len(offsets) != count + 1 or offsets[-1] != len(rows):
                raise SignScaleError(f"{folder}: index.json and index.safetensors disagree; build it again")
            if not np.isfinite(rows).all():
                raise SignScaleError(f"{folder}/index.safetensors: {name} holds NaN or infinity; build it again")

    def _rows(self, name: str) -> list[np.ndarray]:
        """The unit vectors of each clip or sentence."""
        return np.split(self._vectors[name], self._vectors[f"{name}_offsets"][1:-1])

    def clips_for(self, text: str, language: str = "", top: int = 10) -> list[Hit]:
        """The clips that show a sentence best, best first."""
        query = self.model.text_windows(text, language)
        return self._best([self._similarity(part, [query])[:, 0] for part in _parts(self._rows("clip"))], "clip", top)

    def texts_for(self, source: Source, top: int = 10) -> list[Hit]:
        """The sentences of the index that a clip shows best, best first."""
        if not self.contents.texts:
            raise SignScaleError("the index has no sentences: it was built from clips alone; build it from a pack")
        query = self.model.sign_windows(source)
        return self._best([self._similarity([query], part)[0] for part in _parts(self._rows("text"))], "text", top)

    def _similarity(self, signs: list[np.ndarray], texts: list[np.ndarray]) -> np.ndarray:
        (sign, sign_mask), (text, text_mask) = pad(signs), pad(texts)
        tensors = (torch.from_numpy(one) for one in (sign, text, sign_mask, text_mask))
        with torch.inference_mode():
            return fine_grained_similarity(*tensors, self.model.net.recipe.attention_temperature).numpy()

    def _best(self, scores: list[np.ndarray], name: str, top: int) -> list[Hit]:
        score = np.concatenate(scores)
        names = self.contents.clips if name == "clip" else [text for text, _ in self.contents.texts]
        order = np.argsort(-score, kind="stable")[:top]
        return [Hit(rank, names[k], round(float(score[k]), 6)) for rank, k in enumerate(order.tolist(), start=1)]


def _parts(rows: list[np.ndarray]) -> Iterator[list[np.ndarray]]:
    yield from (rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE))
