"""A part of a corpus's fetching, so that several jobs can share it: each its own sources and its own ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Part:
    """Part `index` (from 0) of `count`. The same sources in the same order always make the same parts."""

    index: int = 0
    count: int = 1

    def of(self, items: Sequence[Item]) -> list[Item]:
        """The items that fall to this part: every `count`-th."""
        return list(items[self.index :: self.count])

    def ledger(self, folder: Path) -> Path:
        """Where this part's rows go: the ledger of the corpus's folder itself if there is but one part."""
        if self.count == 1:
            return folder / "ledger.csv"
        return folder / "ledger-parts" / f"{self.index:05d}-of-{self.count:05d}.csv"


WHOLE = Part()
