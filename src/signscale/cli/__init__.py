"""The command line: thin verbs, each a call of the function that does the work.

The workflow's rules call the verbs of `stages` with --step, so that the verb leaves a record. A SignScaleError becomes
its line on stderr and exit status 1; Ctrl-C exits with 130. Heavy rooms are imported inside their verb, so that
`signscale --help` answers at once.
"""

import sys

from signscale.cli import answers, records, stages  # noqa: F401 - (imported for their verbs, in the order of the help)
from signscale.cli.job import app
from signscale.errors import SignScaleError


def main() -> None:
    """Entry point: user errors are one line on stderr, never a traceback."""
    try:
        app(standalone_mode=True)
    except SignScaleError as error:
        print(f"signscale: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("signscale: stopped; run again to go on from here", file=sys.stderr)
        sys.exit(130)
