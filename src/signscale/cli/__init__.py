"""The command line: thin commands, each a call of the function that does the work.

The workflow's rules call the commands of `stages` with --step, which makes them write a provenance record. A
SignScaleError becomes one line on stderr and exit status 1; Ctrl-C exits with 130. Heavy packages are imported inside
their command, so that `signscale --help` answers at once.
"""

import sys

from signscale.cli import answers, records, stages  # noqa: F401 - (imported for their commands, in the order of the help)
from signscale.cli.job import app
from signscale.cli.log import log_to_stderr
from signscale.errors import SignScaleError


def main() -> None:
    """Entry point: user errors are one line on stderr, never a traceback."""
    log_to_stderr()
    try:
        app(standalone_mode=True)
    except SignScaleError as error:
        print(f"signscale: {error}", file=sys.stderr)
        sys.exit(1)
    except OSError as error:  # the disk's or the permissions' fault, never the code's, as long as it names a file
        if error.filename is None or not error.strerror:
            raise
        print(f"signscale: {error.filename}: {error.strerror}; correct the name, or its permissions", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("signscale: stopped; run the same command again to continue", file=sys.stderr)
        sys.exit(130)
