"""A file of trained weights, as the sections of the estimators name it."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from signscale.params.section import Section


class WeightsParams(Section):
    """A file of trained weights, by URL or by path."""

    source: str = Field(min_length=1)
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{8,64}$")]

    @property
    def path(self) -> Path:
        """Where the file lies once it is here: what is named by a URL is kept in data/models under its own name."""
        return Path("data/models") / self.source.rsplit("/", 1)[-1] if "://" in self.source else Path(self.source)
