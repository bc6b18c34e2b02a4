"""The check that a manifest holds nearly all of its annotation file, so that a parser cannot lose rows unnoticed."""

from collections.abc import Sequence
from pathlib import Path

from signscale.corpora.tables import Fault, kinds
from signscale.errors import SignScaleError

_MOST_REASONS = 5


def check_kept(corpus: str, kept: int, faults: Sequence[Fault], least: float, path: Path) -> None:
    """Raise SignScaleError if less than the share `least` of the annotation rows made samples, with reasons counted.

    kept: number of samples. faults: those of kind `lost` count, one per row; rows that a rule excludes do not. path:
    the list of all faults.
    """
    lost = [fault for fault in faults if fault.kind == "lost"]
    rows = kept + len(lost)
    if not lost or kept >= least * rows:
        return
    counted = list(kinds(lost).items())
    reasons = "; ".join(f"{count:,} x {reason}" for reason, count in counted[:_MOST_REASONS])
    more = f"; {len(counted) - _MOST_REASONS} other reasons" if len(counted) > _MOST_REASONS else ""
    share = f"{100 * kept / rows:.1f} %"
    raise SignScaleError(
        f"{corpus}: {kept:,} of {rows:,} annotation rows make samples, {share} ({reasons}{more}); all are in {path}. "
        f"Correct the annotations, or lower acquire.min_kept ({least:g})"
    )
