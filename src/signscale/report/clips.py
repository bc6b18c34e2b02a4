"""The clips shown on the page: read from the packs, each kept once however often it is shown."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from signscale.formats.shard import Shard
from signscale.report import skeletons


@dataclass(frozen=True, slots=True)
class Picture:
    """A clip as the template sees it. id: its key in the page's data. svg: one still frame of it."""

    id: str
    label: str
    svg: Markup


class Clips:
    """Pictures of packed clips, and the motions behind them. Close it after use."""

    def __init__(self, results: Path):
        self._results = results
        self._shards: dict[str, tuple[Shard, dict[str, int]]] = {}
        self._motions: dict[str, skeletons.Motion] = {}

    def packed(self, corpus: str, sample_id: str, label: str) -> Picture | None:
        """A clip of a pack, or None if it is not there; `label` says in words what it shows."""
        if corpus not in self._shards:
            path = self._results / "pack" / corpus / "shard.h5"
            if not path.exists():
                return None
            shard = Shard(path)
            self._shards[corpus] = shard, {name: index for index, name in enumerate(shard.ids)}
        shard, places = self._shards[corpus]
        if sample_id not in places:
            return None
        if sample_id not in self._motions:
            self._motions[sample_id] = skeletons.motion(shard.clip(places[sample_id]))
        return self.shown(sample_id, self._motions[sample_id], label)

    def shown(self, name: str, motion: skeletons.Motion, label: str) -> Picture:
        """A motion under a name of its own."""
        self._motions[name] = motion
        return Picture(name, label, skeletons.still(motion.points[motion.poster], label))

    def data(self) -> dict[str, Any]:
        """Bones and clips for the page's script."""
        return {
            "missing": skeletons.MISSING,
            "parts": skeletons.PARTS,
            "clips": {name: motion.data() for name, motion in self._motions.items()},
        }

    def close(self) -> None:
        """Close the packs."""
        for shard, _ in self._shards.values():
            shard.close()
