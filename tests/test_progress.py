"""Progress in a log: whole lines, no carriage returns, the end always told."""

import pytest

from signscale.progress import Progress


def test_a_log_gets_whole_lines_with_the_count_and_the_end(capsys):
    for _ in Progress(range(3), desc="work", unit="clip"):
        pass
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1].startswith("work: 100%") and "3/3" in lines[-1]
    assert all("\r" not in line for line in lines)


def test_a_disabled_one_says_nothing(capsys):
    for _ in Progress(range(3), disable=True):
        pass
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("done", [1, 2])
def test_a_resumed_one_starts_where_it_was(capsys, done):
    with Progress(total=3, initial=done, desc="work") as bar:
        bar.update(3 - done)
    assert "3/3" in capsys.readouterr().err
