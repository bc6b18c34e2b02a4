"""What the package says while it works: the log records of all its modules, as plain lines on stderr."""

import logging
import sys

from tqdm import tqdm


class _Lines(logging.Handler):
    """Each record as its message alone, above the progress bar if stderr is a terminal."""

    def emit(self, record: logging.LogRecord) -> None:
        if sys.stderr.isatty():
            tqdm.write(self.format(record), file=sys.stderr)
        else:
            print(self.format(record), file=sys.stderr, flush=True)


def log_to_stderr() -> None:
    """Show the records of this package from INFO up; those of other packages are left to their own settings."""
    logger = logging.getLogger("signscale")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.handlers = [_Lines()]
