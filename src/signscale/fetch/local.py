"""Corpora that people put into their folder by hand, after signing a licence."""

from pathlib import Path

from signscale.errors import SignScaleError


def require_dropped(folder: Path, needed: list[str], how: str) -> None:
    """Raise SignScaleError, in one line with `how` to get the data, unless every path is there below `folder`."""
    missing = [path for path in needed if not (folder / path).exists()]
    if missing:
        raise SignScaleError(f"{folder}: {', '.join(missing)} missing. {how}")
