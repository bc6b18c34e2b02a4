"""Progress of long work: a bar on a terminal, else a log record every ten seconds, both with what is left."""

import logging
import sys
from typing import Any

from tqdm import tqdm

logger = logging.getLogger(__name__)

LINE_EVERY = 10.0
"""Seconds between lines where stderr is no terminal."""


class Progress(tqdm):
    """tqdm that logs whole lines when stderr is no terminal, so that a log stays readable and jobs do not mix."""

    def __init__(self, *args: Any, **kwargs: Any):
        self._terminal = sys.stderr.isatty()
        rhythm = {} if self._terminal else {"mininterval": LINE_EVERY, "maxinterval": LINE_EVERY, "ncols": 90}
        super().__init__(*args, **(rhythm | kwargs))

    def display(self, msg: str | None = None, pos: int | None = None) -> None:
        """Show the current state: in place on a terminal, else as a line of its own."""
        if self._terminal:
            super().display(msg, pos)
        else:
            logger.info(str(self) if msg is None else msg)

    def close(self) -> None:
        """Tell the final state; without a terminal as the last line, where tqdm would add an empty one."""
        if self._terminal or self.disable:
            super().close()
        else:
            self.display()
            self.disable = True
            self._decr_instances(self)
