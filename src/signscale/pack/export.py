"""A packed corpus in the forms that the field's other tools read: WebDataset, .pose files, Parquet.

OUT gets, beside the clips, about.json: the corpus, its licence and source, and whose keypoints these are. Keypoints are
float32 (T, 133, 3): x and y in pixels of a picture of `width` and `height`, and confidence.

    webdataset  <split>-000000.tar and on: <id>.keypoints.npy and <id>.json (the row) of up to 1,000 clips
    pose        <id>.pose (COCO-WholeBody as pose-format writes it) and rows.jsonl
    parquet     <split>.parquet: the row's columns, width, height, and `keypoints`, a list of T x 133 x 3 numbers

In names every character of an id but letters, digits, `_`, `-`, `~` and `/` is percent-encoded.
"""

import io
import itertools
import json
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from signscale.corpora import load_corpus
from signscale.corpora.access import is_signed
from signscale.errors import SignScaleError
from signscale.formats.files import folder_written_whole, write_json, write_text, written_whole
from signscale.formats.packed import PackedCorpus, open_pack
from signscale.formats.sample import SCHEMA, Sample
from signscale.formats.shard import Clip
from signscale.keypoints.readers.pose_files import write_pose

_TAR_CLIPS, _GROUP_CLIPS = 1000, 64

Pairs = Iterator[tuple[Sample, Clip]]


def export_pack(folder: Path, out: Path, format_: str) -> int:
    """Write the pack in `folder` to the new folder `out` in one of the formats above; returns how many clips.

    The folder appears whole or not at all. Raises SignScaleError on another format, a folder that is no pack, an `out`
    that has content, or a corpus whose licence is signed by those who may have it.
    """
    if format_ not in _FORMATS:
        raise SignScaleError(f"export: --format {format_} is none of {', '.join(_FORMATS)}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise SignScaleError(f"{out}: there is something already; name a new folder")
    pack = open_pack(folder)
    with pack.shard:
        about = _about(pack)
        with folder_written_whole(out) as partial:
            _FORMATS[format_](pack, partial)
            write_json(partial / "about.json", about | {"format": format_})
    return len(pack.samples)


def _about(pack: PackedCorpus) -> dict[str, Any]:
    """What a stranger must know of the pack; raises SignScaleError if its licence keeps it where it is."""
    if not pack.samples:
        raise SignScaleError(f"{pack.folder}: no clip in it, so there is nothing to write")
    corpus = load_corpus(pack.samples[0].corpus)
    if is_signed(corpus.licence):
        raise SignScaleError(f"{pack.folder}: {corpus.title} is under a {corpus.licence}, which allows no other copy")
    return {
        "corpus": corpus.name, "title": corpus.title, "licence": corpus.licence, "source": corpus.source,
        "estimator": pack.shard.estimator, "estimator_version": pack.shard.estimator_version,
        "clips": len(pack.samples),
    }  # fmt: skip


def _splits(pack: PackedCorpus) -> Iterator[tuple[str, Pairs]]:
    """Each split's name with its rows and clips, in the pack's order; one clip is in memory at a time."""
    splits = dict.fromkeys(sample.split for sample in pack.samples)
    for split in splits:
        chosen = [(k, sample) for k, sample in enumerate(pack.samples) if sample.split == split]
        yield split or "none", ((sample, pack.shard.clip(k)) for k, sample in chosen)


def _row(sample: Sample, clip: Clip) -> dict[str, Any]:
    """The row as plain values, with the picture's size."""
    return asdict(sample) | {"width": clip.size[0], "height": clip.size[1]}


def _name(sample: Sample) -> str:
    return quote(sample.sample_id, safe="/~").replace(".", "%2E")


def _webdataset(pack: PackedCorpus, out: Path) -> None:
    for split, pairs in _splits(pack):
        for number in itertools.count():
            batch = itertools.islice(pairs, _TAR_CLIPS)
            if (first := next(batch, None)) is None:
                break
            with written_whole(out / f"{split}-{number:06d}.tar") as partial, tarfile.open(partial, "w") as tar:
                for sample, clip in itertools.chain([first], batch):
                    held = io.BytesIO()
                    np.save(held, clip.keypoints)
                    _add(tar, f"{_name(sample)}.json", json.dumps(_row(sample, clip), ensure_ascii=False).encode())
                    _add(tar, f"{_name(sample)}.keypoints.npy", held.getvalue())


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)  # without owner and time: equal packs give equal bytes
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def _pose(pack: PackedCorpus, out: Path) -> None:
    lines = []
    for _, pairs in _splits(pack):
        for sample, clip in pairs:
            write_pose(out / f"{_name(sample)}.pose", clip)
            lines.append(json.dumps({"file": f"{_name(sample)}.pose"} | _row(sample, clip), ensure_ascii=False))
    write_text(out / "rows.jsonl", "\n".join(lines) + "\n")


def _parquet(pack: PackedCorpus, out: Path) -> None:
    sizes = [pa.field("width", pa.int32()), pa.field("height", pa.int32())]
    schema = pa.schema([*SCHEMA, *sizes, pa.field("keypoints", pa.list_(pa.float32()))])
    for split, pairs in _splits(pack):
        path = out / f"{split}.parquet"
        with written_whole(path) as partial, pq.ParquetWriter(partial, schema, compression="zstd") as writer:
            while batch := list(itertools.islice(pairs, _GROUP_CLIPS)):
                rows = [_row(sample, clip) for sample, clip in batch]
                columns = {name: [row[name] for row in rows] for name in schema.names[:-1]}
                columns["keypoints"] = [clip.keypoints.ravel() for _, clip in batch]
                writer.write_table(pa.table(columns, schema=schema))


_FORMATS: dict[str, Callable[[PackedCorpus, Path], None]] = {
    "webdataset": _webdataset,
    "pose": _pose,
    "parquet": _parquet,
}
