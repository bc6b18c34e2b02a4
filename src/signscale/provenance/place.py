"""Where a run happens: the folder, its params, and where each step's result, record, stamp and memory lie."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from signscale.formats.files import sha256
from signscale.params import Params
from signscale.provenance.accepted import read_accepted
from signscale.provenance.code import Code
from signscale.provenance.outputs import damage
from signscale.provenance.raw import Allowance
from signscale.provenance.reading import read_record

BESIDE = ("acquire/", "keypoints/")  # steps whose result is a file, not a folder


@dataclass(frozen=True)
class Place:
    """The folder a run happens in (the repository's root) and its params. Each file is read at most once per Place.

    stamps: the folder of the stamps; a dry run has another one, so that it changes nothing for a run that works.
    acquired: the corpora whose manifest counts; None for all that have one. While a run acquires corpora, a manifest
    may exist before its job has ended.
    reading: how much raw data this process may read; a plan may read little.
    """

    params: Params
    root: Path = Path()
    acquired: frozenset[str] | None = None
    stamps: str = "stamps"
    reading: Allowance = field(default_factory=lambda: Allowance(math.inf))
    _seen: dict[Path, str] = field(default_factory=dict)
    _whole: dict[str, bool] = field(default_factory=dict)
    _code: list[Code] = field(default_factory=list)
    _accepted: list[list[dict[str, Any]]] = field(default_factory=list)
    _expected: dict[str, tuple[str, str | None]] = field(default_factory=dict)

    @property
    def results(self) -> Path:
        """Results of the preset."""
        return self.root / "results" / self.params.preset

    def raw(self, corpus: str) -> Path:
        """Raw data of a corpus, shared by the presets."""
        return self.root / self.params.acquire.raw / corpus

    def manifest(self, corpus: str) -> Path:
        """The manifest of a corpus."""
        return self.results / "acquire" / f"{corpus}.parquet"

    def has_manifest(self, corpus: str) -> bool:
        """Whether a corpus is acquired: its manifest is there, and undamaged by its record, where it has one."""
        if not (self.acquired is None or corpus in self.acquired) or not self.manifest(corpus).is_file():
            return False
        if corpus not in self._whole:
            name = f"acquire/{corpus}"
            record, memory = self.record(name), self.memory(name, "outputs")
            self._whole[corpus] = not damage(record, read_record(record).get("outputs", {}), memory)
        return self._whole[corpus]

    def record(self, name: str) -> Path:
        """The record of a step."""
        return self.results / (f"{name}.provenance.json" if name.startswith(BESIDE) else f"{name}/provenance.json")

    def stamp(self, name: str) -> Path:
        """The stamp of a step."""
        return self.root / "scratch" / self.stamps / self.params.preset / f"{name}.json"

    def memory(self, name: str, of: str) -> Path:
        """The cache of sizes, times and sha256 of a step's `raw` files or `outputs`; it may be deleted."""
        return self.root / "scratch" / "seen" / self.params.preset / f"{name}.{of}.json"

    def sha256(self, path: Path) -> str:
        """sha256 of a manifest or a lock."""
        if path not in self._seen:
            self._seen[path] = sha256(path)
        return self._seen[path]

    @property
    def code(self) -> Code:
        """The code of this place, as it was when first looked at."""
        if not self._code:
            self._code.append(Code(self.root))
        return self._code[0]

    @property
    def accepted(self) -> list[dict[str, Any]]:
        """The edits that somebody said change no number."""
        if not self._accepted:
            self._accepted.append(read_accepted(self.root))
        return self._accepted[0]
