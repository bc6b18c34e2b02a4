"""What the package says goes to stderr as plain lines, also beside a progress bar."""

import logging
import sys

from signscale.cli.log import log_to_stderr
from signscale.progress import Progress


def test_records_of_the_package_are_plain_lines_and_others_are_left_alone(capsys):
    root = list(logging.getLogger().handlers)
    log_to_stderr()
    log_to_stderr()  # twice is not said twice
    logging.getLogger("signscale.pack.run").info("pack: 6 clips kept")
    logging.getLogger("signscale.pack.run").debug("not for users")
    logging.getLogger("elsewhere").info("of another package")
    assert capsys.readouterr() == ("", "pack: 6 clips kept\n")
    assert logging.getLogger().handlers == root


def test_on_a_terminal_a_line_stands_above_the_bar(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with Progress(total=2, desc="work", ncols=60) as bar:
        logging.getLogger("signscale.x").info("in between")
        bar.update(2)
    assert "\rin between\n" in capsys.readouterr().err.replace(" ", "").replace("inbetween", "in between")
