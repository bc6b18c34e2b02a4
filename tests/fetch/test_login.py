"""Files behind a login: credentials reach the server and nothing else."""

import base64

import pytest

from signscale.errors import SignScaleError
from signscale.fetch.ledger import read_ledger
from signscale.fetch.login import fetch_login

SECRET = "s3cret-word"
BASIC = "Basic " + base64.b64encode(f"anna:{SECRET}".encode()).decode()


@pytest.fixture
def bobsl(server, page, monkeypatch, tmp_path):
    for name in ("SIGNSCALE_BOBSL_USER", "SIGNSCALE_BOBSL_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("SIGNSCALE_BOBSL_URL", f"{server.url}/v1")
    server.pages["/v1/subset2episode.json"] = page(b'{"train": []}', login=BASIC)
    return server


def test_credentials_of_the_environment_open_the_door_and_are_written_nowhere(
    bobsl, settings, tmp_path, monkeypatch, capfd
):
    monkeypatch.setenv("SIGNSCALE_BOBSL_USER", "anna")
    monkeypatch.setenv("SIGNSCALE_BOBSL_PASSWORD", SECRET)
    fetch_login(tmp_path / "bobsl", ["subset2episode.json", "pose/1.tar.gz"], settings)
    assert {row.source_id: row.outcome for row in read_ledger(tmp_path / "bobsl" / "ledger.csv")} == {
        "subset2episode.json": "ok",
        "pose/1.tar.gz": "dead",
    }
    written = "".join(capfd.readouterr()) + (tmp_path / "bobsl" / "ledger.csv").read_text(encoding="utf-8")
    assert SECRET not in written
    assert "anna" not in written


def test_netrc_opens_the_door(bobsl, settings, tmp_path):
    (tmp_path / "netrc").write_text(f"machine 127.0.0.1 login anna password {SECRET}\n")
    (tmp_path / "netrc").chmod(0o600)
    fetch_login(tmp_path / "bobsl", ["subset2episode.json"], settings)
    assert (tmp_path / "bobsl" / "subset2episode.json").is_file()


def test_a_refused_login_is_one_line_without_the_password(bobsl, settings, tmp_path, monkeypatch):
    monkeypatch.setenv("SIGNSCALE_BOBSL_USER", "anna")
    monkeypatch.setenv("SIGNSCALE_BOBSL_PASSWORD", SECRET + "x")
    with pytest.raises(SignScaleError, match="refuses the login") as error:
        fetch_login(tmp_path / "bobsl", ["subset2episode.json"], settings)
    assert SECRET not in str(error.value)


def test_no_login_at_all_says_where_to_put_it(bobsl, settings, tmp_path):
    with pytest.raises(SignScaleError, match=r"SIGNSCALE_BOBSL_USER and SIGNSCALE_BOBSL_PASSWORD"):
        fetch_login(tmp_path / "bobsl", ["subset2episode.json"], settings)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1.evil/v1",
        "http://127.0.0.1@evil/v1",
        "http://evil/127.0.0.1",
        "http://localhost.evil/v1",
        "ftp://127.0.0.1/v1",
        "https:///v1",
        "https://example.org:port/v1",
        "http://[::1/v1",
    ],
)
def test_a_login_goes_by_https_or_to_this_machine_only(bobsl, settings, tmp_path, monkeypatch, address):
    monkeypatch.setenv("SIGNSCALE_BOBSL_URL", address)
    with pytest.raises(SignScaleError, match="SIGNSCALE_BOBSL_URL: expected an https address"):
        fetch_login(tmp_path / "bobsl", ["subset2episode.json"], settings)
    assert not bobsl.asked


def test_a_password_in_the_address_is_refused(bobsl, settings, tmp_path, monkeypatch):
    monkeypatch.setenv("SIGNSCALE_BOBSL_URL", f"https://anna:{SECRET}@example.org")
    with pytest.raises(SignScaleError, match="without a name or password") as error:
        fetch_login(tmp_path / "bobsl", ["subset2episode.json"], settings)
    assert SECRET not in str(error.value)
