"""A packed corpus as training and evaluation read it: rows and keypoints, checked to belong together."""

from dataclasses import dataclass
from pathlib import Path

from signscale.errors import SignScaleError
from signscale.formats.sample import Sample, read_manifest
from signscale.formats.shard import Shard


@dataclass(frozen=True, slots=True)
class PackedCorpus:
    """samples[i] is the row of clip i of the shard."""

    folder: Path
    samples: list[Sample]
    shard: Shard


def open_pack(folder: Path | str) -> PackedCorpus:
    """Open a folder written by `pack`; raises SignScaleError if a file is missing, corrupt or foreign."""
    folder = Path(folder)
    samples, shard = read_manifest(folder / "manifest.parquet"), Shard(folder / "shard.h5")
    if [sample.sample_id for sample in samples] != shard.ids:
        shard.close()
        raise SignScaleError(f"{folder}: manifest.parquet and shard.h5 name different samples; run pack again")
    return PackedCorpus(folder, samples, shard)
