"""The table of bad files. KINDS: what a file is, how a good one is made and how it is read. DAMAGES: what befalls any
file. FAULTS: what is wrong with one kind alone. A new reader is covered by a row of KINDS, a new case by a row of
DAMAGES or FAULTS.
"""

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from made_shards import random_clip
from tiny_world import sample, write_store

from signscale.fetch.archives import unpack
from signscale.fetch.ledger import LedgerRow, read_ledger, write_ledger
from signscale.formats.array_file import read_points, read_words
from signscale.formats.excluded import Excluded, read_excluded, write_excluded
from signscale.formats.files import read_json, write_json
from signscale.formats.quality import measure, read_quality, write_quality
from signscale.formats.sample import SCHEMA, count_rows, read_manifest, read_table, write_manifest
from signscale.formats.shard import Shard, write_shard
from signscale.keypoints.readers.pose_files import read_pose, write_pose
from signscale.model.folder import load_config
from signscale.model.weights import load_weights, save_model
from signscale.params import load_params
from signscale.text.store import TextStore

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Kind:
    """make: write a good file at a path. read: everything that is read of it. name: the file's name."""

    name: str
    make: Callable[[Path], Any]
    read: Callable[[Path], Any]


def _params(path: Path) -> None:
    path.write_text((ROOT / "params.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    (path.parent / "workflow" / "presets").mkdir(parents=True, exist_ok=True)
    (path.parent / "workflow" / "presets" / "own.yaml").write_text("seed: 3\n", encoding="utf-8")


def _preset(path: Path) -> None:
    path.parent.mkdir(parents=True)
    (path.parents[2] / "params.yaml").write_text((ROOT / "params.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    path.write_text("seed: 3\n", encoding="utf-8")


def _shard(path: Path) -> None:
    write_shard(path, [random_clip("one", 1, 5), random_clip("two", 2, 7)], "made", "1")


def _read_shard(path: Path) -> None:
    with Shard(path) as shard:
        for index in range(len(shard)):
            shard.clip(index)


def _read_store(path: Path) -> None:
    store = TextStore(path)
    store.index("a b", "ase")
    for row in range(len(store)):
        store.features(row)
        store.tokens(row)


def _arrays(path: Path) -> None:
    content = {"kp": np.zeros((2, 3, 133, 3), np.float32), "y": np.array([0, 1]), "classes": np.array(["A", "B"])}
    np.savez(path, ids=np.array(["a", "b"]), **content)


def _archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", "a" * 1000)
        archive.writestr("b.txt", "b" * 1000)


KINDS = {
    "params": Kind("params.yaml", _params, lambda path: load_params(path.parent, "own")),
    "preset": Kind("workflow/presets/own.yaml", _preset, lambda path: load_params(path.parents[2], "own")),
    "manifest": Kind("a.parquet", lambda path: write_manifest(path, [sample("a"), sample("b")]), read_manifest),
    "manifest's length": Kind("a.parquet", lambda path: write_manifest(path, [sample("a")]), count_rows),
    "manifest's table": Kind("a.parquet", lambda path: write_manifest(path, [sample("a")]), read_table),
    "shard": Kind("a.h5", _shard, _read_shard),
    "quality": Kind("a.csv", lambda path: write_quality(path, [measure(random_clip("a", 1, 5))]), read_quality),
    "excluded": Kind("a.csv", lambda path: write_excluded(path, [Excluded("a", "pack", "short")]), read_excluded),
    "ledger": Kind("ledger.csv", lambda p: write_ledger(p, [LedgerRow("a", "b", "", "dead", 0, "")]), read_ledger),
    "points": Kind("a.npz", _arrays, read_points),
    "words": Kind("a.npz", _arrays, read_words),
    "record": Kind("provenance.json", lambda path: write_json(path, {"step": "x", "code": {}}), read_json),
    "config": Kind("config.json", lambda path: write_json(path, {"kind": "pretrain"}), lambda p: load_config(p.parent)),
    "weights": Kind(
        "model.safetensors",
        lambda path: save_model(path.parent, {"a": torch.zeros(9)}, {}),
        lambda path: load_weights(path.parent),
    ),
    "text store": Kind("text.h5", lambda path: write_store(path, ["a b", "c"]), _read_store),
    "pose": Kind("a.pose", lambda path: write_pose(path, random_clip("a", 1, 5)), read_pose),
    "archive": Kind("a.zip", _archive, lambda path: unpack(path, path.with_name("unpacked"))),
}


def _cut(share: float) -> Callable[[Path], None]:
    def cut(path: Path) -> None:
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])

    return cut


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


REFUSED, EITHER = "refused", "either"
"""Outcome: refused in one line that names the file; or that, or read."""

DAMAGES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "absent": (Path.unlink, REFUSED),
    "empty": (lambda path: path.write_bytes(b""), REFUSED),
    "cut early": (_cut(0.1), EITHER),
    "cut late": (_cut(0.97), EITHER),
    "a folder": (_folder, REFUSED),
    "noise": (lambda path: path.write_bytes(np.random.default_rng(0).bytes(2000)), REFUSED),
    "zeros": (lambda path: path.write_bytes(bytes(2000)), REFUSED),
    "UTF-16": (lambda path: path.write_bytes("seed: 1\n".encode("utf-16")), REFUSED),
    "a page": (lambda path: path.write_text("<!DOCTYPE html><title>404</title>"), REFUSED),
    "a pickle": (lambda path: path.write_bytes(b"\x80\x04cos\nsystem\n(S'touch run'\ntR."), REFUSED),
    "deep": (lambda path: path.write_text("[" * 100_000), REFUSED),
}

HARMLESS = {("absent", "ledger"): "no ledger is an empty one"}
"""(damage, kind) that is read, and why."""


def _columns(**changed: pa.Array) -> Callable[[Path], None]:
    """The manifest with some columns of another type."""

    def write(path: Path) -> None:
        table = pq.read_table(path)
        for name, column in changed.items():
            table = table.set_column(SCHEMA.get_field_index(name), name, column)
        pq.write_table(table, path)

    return write


def _hdf5(change: Callable[[h5py.File], Any]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with h5py.File(path, "r+") as file:
            change(file)

    return write


def _put(name: str, content: Any) -> Callable[[Path], None]:
    def put(file: h5py.File) -> None:
        del file[name]
        file[name] = content

    return _hdf5(put)


FAULTS: list[tuple[str, str, Callable[[Path], Any], str]] = [
    ("params", "a key twice", lambda p: p.write_text("seed: 1\nseed: 2\n"), "line 2: key seed stands in line 1"),
    ("params", "infinity", lambda p: p.write_text(p.read_text() + "\nx: .inf\n"), "x: no such key"),
    ("params", "itself", lambda p: p.write_text(p.read_text() + "\nx: &a {b: *a}\n"), "x: no such key"),
    ("preset", "a loop", lambda p: p.write_text("over: own\n"), "own.yaml: over"),
    ("manifest", "a number for text", _columns(gloss=pa.array([1, 2])), "its columns are not those of a manifest"),
    ("shard", "another type", _put("fps", np.array([25, 25])), "fps is of type int64, not float64"),
    ("shard", "another shape", _put("sizes", np.ones((3, 2), "<i4")), "sizes has shape (3, 2), not (2, 2)"),
    ("shard", "a link", _put("keypoints", h5py.ExternalLink("b.h5", "/keypoints")), "keypoints is a link"),
    ("text store", "a link", _put("texts", h5py.ExternalLink("b.h5", "/texts")), "texts is a link"),
    ("shard", "a part gone", _hdf5(lambda file: file.pop("sizes")), "without 'sizes'"),
    ("shard", "no version", _hdf5(lambda file: file.attrs.clear()), "not a whole keypoint shard"),
    ("points", "a pickle in it", lambda p: np.savez(p, kp=np.array([{}]), ids=np.array(["a"])), "allow_pickle"),
    ("points", "no shape", lambda p: np.savez(p, kp=np.float32(1), ids=np.array(["a"])), "kp is ()"),
    ("record", "not a number", lambda p: p.write_text('{"a": nan}'), "not whole JSON"),
    ("config", "a list", lambda p: p.write_text("[]"), "config.json holds no keys"),
    ("archive", "a member without a name", lambda p: _archive_of(p, "."), "points outside its folder"),
    ("archive", "a member above", lambda p: _archive_of(p, "../x"), "points outside its folder"),
]  # fmt: skip
"""Kind, what is wrong, how it is made of a good file, what the line says."""


def _archive_of(path: Path, name: str) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, "x")
