"""The text store: the token features of every distinct sentence, encoded once by the frozen encoder.

Layout (format 1)
    features   float16 or float32 (tokens, d)  all sentences back to back
    tokens     int32 (tokens,)                 index into `pieces`
    pieces     utf-8 (k,)                      the distinct tokens, as text
    offsets    int64 (rows + 1,)               row i is tokens offsets[i]:offsets[i + 1]
    texts      utf-8 (rows,)                   the sentences
    languages  utf-8 (rows,)                   the language token each was encoded with, "" if the encoder has none
    attributes format, encoder, weights_sha256, width, max_tokens, truncated, sign_languages (JSON), transformers
Rows are sorted by language token, then text. The file holds no time stamps: equal manifests, params and weights give
equal bytes on the same kind of processor, whatever its number of cores. features and tokens are stored plain, so that
readers map them and read nothing else.
"""

import hashlib
import json
import logging
import shutil
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import torch

from signscale.errors import SignScaleError
from signscale.formats.hdf5 import count_texts, dataset, small_array, texts
from signscale.formats.reading import reading
from signscale.formats.sample import read_table
from signscale.params import Params
from signscale.params.data import TextParams
from signscale.progress import Progress
from signscale.text.unfinished import UnfinishedStore

if TYPE_CHECKING:  # the encoder takes seconds to import, and whoever only reads a store never needs it
    from signscale.text.encoder import FrozenTextEncoder

logger = logging.getLogger(__name__)

FORMAT = 1
_KIND, _REMEDY = "a whole text store", "run the text stage again"
_TOKENIZE_AT_ONCE = 10_000
SECONDS_BETWEEN_MARKS = 20.0
"""What a kill costs at most."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """What will be stored, before any feature is computed: 4 bytes a token.

    keys: (language token, text), sorted. ids: int32 token ids back to back. offsets: int64 (rows + 1,).
    truncated: sentences cut to the longest allowed.
    """

    keys: list[tuple[str, str]]
    ids: np.ndarray
    offsets: np.ndarray
    truncated: int


def build_store(params: Params, manifests: Sequence[Path], out: Path) -> None:
    """Encode every distinct sentence of the manifests into the text store `out`, whole or not at all.

    A run that was killed goes on where it was (signscale.text.unfinished), with the same bytes. A sentence is its text
    and its language token; samples with an empty text are unpaired and not encoded. Features are never in memory
    together: the memory is that of the sentences and their token ids. Raises SignScaleError when a sign language has no
    language token, a manifest is torn, or the disk is too small.
    """
    from signscale.text.encoder import load_encoder

    settings = params.text
    encoder = load_encoder(
        settings.encoder, settings.languages, settings.max_tokens,
        params.acquire.raw, params.acquire.attempts, params.acquire.timeout,
    )  # fmt: skip
    rows = _tokenize(encoder, distinct_sentences(manifests))
    dtype = np.dtype(settings.dtype).newbyteorder("<")
    size = len(rows.ids) * encoder.width * dtype.itemsize
    logger.info(f"text: {len(rows.keys)} distinct sentences, {len(rows.ids)} tokens, {size / 1e6:.1f} MB of features")
    if rows.truncated:
        logger.warning(
            f"text: {rows.truncated} sentences are longer than {encoder.max_tokens} tokens and are cut there"
        )
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    if size > (free := shutil.disk_usage(Path(out).parent).free):
        raise SignScaleError(f"{out}: needs {size / 1e9:.1f} GB, {free / 1e9:.1f} GB are free; make room on that disk")
    shape = (len(rows.ids), encoder.width)
    unfinished = UnfinishedStore(
        out, _identity(encoder, rows, settings), lambda file: _lay_out(file, encoder, rows, dtype, shape)
    )
    _write_features(unfinished, encoder, rows, settings.batch_size)
    unfinished.finish()


def _identity(encoder: "FrozenTextEncoder", rows: _Rows, settings: TextParams) -> str:
    """Hex digest of all that decides the bytes of a store: sentences, tokens, encoder, settings, kind of machine."""
    digest = hashlib.sha256(json.dumps(rows.keys).encode())
    digest.update(rows.ids.tobytes())
    digest.update(rows.offsets.tobytes())
    made_by = [encoder.weights_sha256, encoder.device.type, torch.__version__, settings.model_dump()]
    digest.update(json.dumps(made_by, sort_keys=True).encode())
    return digest.hexdigest()


def distinct_sentences(manifests: Sequence[Path]) -> list[tuple[str, str]]:
    """The distinct (text, sign language) pairs of the manifests, sorted; empty texts are left out."""
    pairs: set[tuple[str, str]] = set()
    for path in manifests:
        table = read_table(path, ["text", "language"])
        if table.column_names != ["text", "language"]:
            raise SignScaleError(f"{path}: not a manifest (it lacks text or language); run its stage again")
        distinct = table.group_by(["text", "language"]).aggregate([]).to_pydict()
        pairs.update(zip(distinct["text"], distinct["language"], strict=True))
    return sorted((text, language) for text, language in pairs if text)


def _tokenize(encoder: "FrozenTextEncoder", sentences: Sequence[tuple[str, str]]) -> _Rows:
    """Rows of the store: each (language token, text) once, with its token ids."""
    languages = encoder.language_tokens({language for _, language in sentences})
    keys = sorted({(languages[language], text) for text, language in sentences})
    ids, lengths, truncated = [np.zeros(0, np.int32)], [], 0
    for language in sorted({language for language, _ in keys}):
        texts = [text for of, text in keys if of == language]
        for start in range(0, len(texts), _TOKENIZE_AT_ONCE):
            tokens = encoder.tokenize(texts[start : start + _TOKENIZE_AT_ONCE], language)
            ids.append(np.asarray([id_ for sentence in tokens for id_ in sentence.ids], np.int32))
            lengths += [len(sentence.ids) for sentence in tokens]
            truncated += sum(sentence.cut for sentence in tokens)
    offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)
    return _Rows(keys, np.concatenate(ids), offsets, truncated)


def _lay_out(
    file: h5py.File, encoder: "FrozenTextEncoder", rows: _Rows, dtype: np.dtype, shape: tuple[int, int]
) -> None:
    """Everything of the store but the features themselves, whose place is taken."""
    _write_rows(file, encoder, rows)
    features = file.create_dataset("features", shape, dtype, fill_time="never")
    if shape[0]:
        features[0] = 0  # HDF5 gives the dataset its place when something is written


def _write_rows(file: h5py.File, encoder: "FrozenTextEncoder", rows: _Rows) -> None:
    """Everything of the store but its features."""
    import transformers

    distinct, places = np.unique(rows.ids, return_inverse=True)
    text = h5py.string_dtype("utf-8")
    for name, strings in [
        ("pieces", encoder.strings(distinct.tolist())),
        ("texts", [text for _, text in rows.keys]),
        ("languages", [language for language, _ in rows.keys]),
    ]:
        file.create_dataset(name, (len(strings),), text, np.asarray(strings, dtype=object))
    file["tokens"] = places.astype("<i4")
    file["offsets"] = rows.offsets.astype("<i8")
    file.attrs["format"] = FORMAT
    file.attrs["encoder"] = encoder.spec
    file.attrs["weights_sha256"] = encoder.weights_sha256
    file.attrs["width"] = encoder.width
    file.attrs["max_tokens"] = encoder.max_tokens
    file.attrs["truncated"] = rows.truncated
    file.attrs["sign_languages"] = json.dumps(encoder.languages, sort_keys=True)
    file.attrs["transformers"] = transformers.__version__


def batches_of_one_length(lengths: np.ndarray, batch_size: int) -> Iterator[np.ndarray]:
    """Row numbers in batches of sentences of one and the same length, longest first, rows in order within a length.

    So a batch has no padding: nothing is computed in vain, and no sentence's features depend on a longer neighbour.
    """
    for length in sorted(set(lengths.tolist()), reverse=True):
        rows = np.flatnonzero(lengths == length)
        yield from (rows[start : start + batch_size] for start in range(0, len(rows), batch_size))


def _encode(
    encoder: "FrozenTextEncoder", rows: _Rows, batches: Iterator[np.ndarray]
) -> Iterator[list[tuple[int, np.ndarray]]]:
    """(row number, float32 (n, d)) of every row of a batch, batch after batch.

    Batches run side by side, one thread each: the number of threads within a batch would change its last bits, and so
    the file would depend on the number of cores.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            while few := list(islice(batches, 4 * threads)):
                sentences = [[rows.ids[rows.offsets[row] : rows.offsets[row + 1]] for row in batch] for batch in few]
                for batch, features in zip(few, pool.map(encoder.features, sentences), strict=True):
                    yield list(zip(batch.tolist(), features, strict=True))
    finally:
        torch.set_num_threads(threads)


def _write_features(unfinished: UnfinishedStore, encoder: "FrozenTextEncoder", rows: _Rows, batch_size: int) -> None:
    """Put each sentence in its place; the progress bar counts tokens, the unit of work."""
    lengths, features = np.diff(rows.offsets), unfinished.features
    batches = batches_of_one_length(lengths, batch_size)
    already = sum(int(lengths[batch].sum()) for batch in islice(batches, unfinished.done))
    if already:
        logger.info("text: going on behind %d tokens that an earlier run encoded", already)
    marked = time.monotonic()
    with Progress(total=len(rows.ids), initial=already, desc="text", unit="token", unit_scale=True) as progress:
        for done, batch in enumerate(_encode(encoder, rows, batches), unfinished.done + 1):
            for row, values in batch:
                with np.errstate(over="ignore"):
                    stored = values.astype(features.dtype)
                if not np.isfinite(stored).all():
                    raise SignScaleError(
                        f"text.dtype: a feature of {rows.keys[row][1]!r} does not fit {features.dtype}; set float32"
                    )
                features[rows.offsets[row] : rows.offsets[row + 1]] = stored
                progress.update(len(stored))
            if time.monotonic() > marked + SECONDS_BETWEEN_MARKS:
                unfinished.mark(done)
                marked = time.monotonic()


class TextStore:
    """A text store open for reading; a row is read without touching the others.

    encoder: the encoder's name. width: d. Features are mapped on first use and no file handle is kept, so the object
    may be used before and after a fork and sent to other processes. Raises SignScaleError if the file is not whole.
    """

    def __init__(self, path: Path | str):
        self.path = Path(path)
        with reading(self.path, _KIND, _REMEDY), h5py.File(self.path, "r") as file:
            format_ = int(file.attrs["format"])
            self.encoder = str(file.attrs["encoder"])
            self.weights_sha256 = str(file.attrs["weights_sha256"])
            self.width = int(file.attrs["width"])
            self.max_tokens = int(file.attrs["max_tokens"])
            self.truncated = int(file.attrs["truncated"])
            self._sign_languages = json.loads(file.attrs["sign_languages"])
            self.offsets = small_array(file, "offsets", "<i8", (None,))
            rows = count_texts(file, "texts")
            features = dataset(file, "features", ("<f4", "<f2"), (None, self.width))
            tokens = dataset(file, "tokens", ("<i4",), (None,))
            self._places = {"features": _place(features), "tokens": _place(tokens)}
        if format_ != FORMAT:
            raise SignScaleError(f"{path}: text store format {format_}, this version reads {FORMAT}; run text again")
        sizes = {shape[0] for _, _, shape in self._places.values()}
        if rows + 1 != len(self.offsets) or sizes != {int(self.offsets[-1])}:
            raise SignScaleError(f"{path}: offsets and features disagree; run the text stage again")

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __reduce__(self):
        return TextStore, (self.path,)

    def description(self) -> dict[str, Any]:
        """What encodes another sentence as these were, for the config of a model (signscale.text.live)."""
        return {
            "encoder": self.encoder,
            "weights_sha256": self.weights_sha256,
            "width": self.width,
            "max_tokens": self.max_tokens,
            "languages": self._sign_languages,
            "dtype": np.dtype(self._places["features"][1]).name,
        }

    def index(self, text: str, sign_language: str) -> int:
        """Row of a sentence. Raises SignScaleError, naming the remedy, if it was never encoded."""
        if self._sign_languages and sign_language not in self._sign_languages:
            raise SignScaleError(f"text.languages: no entry for {sign_language}; add one and run the text stage again")
        row = self._rows.get((self._sign_languages.get(sign_language, ""), text))
        if row is None:
            raise SignScaleError(
                f"{self.path}: no sentence {text!r} of sign language {sign_language}; "
                "run the text stage again with the manifest that holds it"
            )
        return row

    def features(self, index: int) -> np.ndarray:
        """float32 (n, d): the features of row `index`, one a token."""
        return self._mapped["features"][self.offsets[index] : self.offsets[index + 1]].astype(np.float32)

    def tokens(self, index: int) -> list[str]:
        """The n tokens of row `index` as text, special tokens included."""
        places = self._mapped["tokens"][self.offsets[index] : self.offsets[index + 1]]
        return [self._pieces[place] for place in places]

    @cached_property
    def _mapped(self) -> dict[str, np.ndarray]:
        return {
            name: np.memmap(self.path, dtype, "r", start, shape) if shape[0] else np.zeros(shape, dtype)
            for name, (start, dtype, shape) in self._places.items()
        }

    @cached_property
    def _rows(self) -> dict[tuple[str, str], int]:
        with reading(self.path, _KIND, _REMEDY), h5py.File(self.path, "r") as file:
            languages, sentences = (texts(file, name, len(self)) for name in ("languages", "texts"))
        return {key: row for row, key in enumerate(zip(languages, sentences, strict=True))}

    @cached_property
    def _pieces(self) -> list[str]:
        with reading(self.path, _KIND, _REMEDY), h5py.File(self.path, "r") as file:
            return texts(file, "pieces", None)


def _place(data: h5py.Dataset) -> tuple[int | None, np.dtype, tuple[int, ...]]:
    """Where a plain dataset lies in its file: first byte, type, shape. Raises ValueError beyond the end of the file."""
    start = data.id.get_offset()
    if len(data) and (start is None or start + data.nbytes > Path(data.file.filename).stat().st_size):
        raise ValueError(f"{data.name} ends beyond the file")
    return start, data.dtype, data.shape
