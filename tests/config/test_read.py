"""feeds.toml and the environment."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from pipeline.config import SECTIONS, SIGNALS, load
from pipeline.config.append import with_allowed
from pipeline.config.check import section_faults
from pipeline.errors import ConfigError
from pipeline.model import HostSpec
from pipeline.rights.reservations import SIGNALS as PAGE_SIGNALS
from pipeline.rights.tdm import RESERVED, UNKNOWN

ONE_FEED = '[[feed]]\nurl = "https://a.example/rss"\noutlet = "A"\n'


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "feeds.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_whole_file(tmp_path: Path) -> None:
    path = write(tmp_path, '[fetch]\nhost_gap = 1\nallow = ["127.0.0.1:80"]\n' + ONE_FEED + 'country = "IN"\n')
    config = load(path, {"COPYDESK_HOME": str(tmp_path)})
    assert config.fetch.host_gap == 1.0
    assert config.fetch.allow == ("127.0.0.1:80",)
    assert [(feed.outlet, feed.country) for feed in config.feeds] == [("A", "IN")]
    assert config.store == f"sqlite:///{tmp_path / 'copydesk.db'}"


def test_the_environment_names_file_home_and_store(tmp_path: Path) -> None:
    env = {"COPYDESK_FEEDS": str(write(tmp_path, ONE_FEED)), "COPYDESK_HOME": "/x", "COPYDESK_STORE": "sqlite:///y"}
    config = load(None, env)
    assert (len(config.feeds), str(config.home), config.store) == (1, "/x", "sqlite:///y")


def test_a_host_of_its_own(tmp_path: Path) -> None:
    config = load(write(tmp_path, '[[host]]\nname = "a.example"\ngap = 30\nrobots = false\n'), {})
    assert config.hosts == (HostSpec("a.example", 30.0, False),)


def test_the_order_of_the_canonical_rules(tmp_path: Path) -> None:
    path = write(tmp_path, '[canonical]\norder = ["earliest", "complete"]\n' + ONE_FEED + 'agency = "PTI"\n')
    config = load(path, {})
    assert config.canonical.order == ("earliest", "complete")
    assert config.feeds[0].agency == "PTI"


def test_no_file_means_no_feeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(None, {}).feeds == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[feed]\n", "not valid TOML"),
        ('[[feed]]\nurl = "https://a.example/rss"\n', r"\[\[feed\]\] 1 outlet: is missing"),
        (ONE_FEED + ONE_FEED, "stands twice"),
        ('[[feed]]\nurl = "ftp://o.example/x"\noutlet = "A"\n', "is not http"),
        ('[[feed]]\nurl = "file:///etc/passwd"\noutlet = "A"\n', "is not http"),
        ("[fetch]\ndeadlin = 3\n", r":2: \[fetch\] deadlin: unknown setting - did you mean deadline\?"),
        ('[fetch]\ndeadline = "soon"\n', "expected float, got str"),
        ("[fetch]\nrobots = 1\n", "expected bool, got int"),
        ('[rights]\nlater = "burn"\n', "known are keep, remove"),
        ("feed = 3\n", "must be a list"),
        ("[[host]]\ngap = 3\n", "name: is missing"),
        ("fetch = 3\n", "must be a table"),
        ("colour = 3\n", "colour: unknown setting - known are"),
        ('[canonical]\norder = ["longest"]\n', "no such name: longest - known are agency-page, complete"),
        ('[canonical]\norder = ["complete", "complete"]\n', "a name stands twice"),
        ("canonical = 3\n", "must be a table"),
        ("[extract]\nworkers = 0\n", r":2: \[extract\] workers: is 0: expected int >= 1"),
        ("[fetch]\nconcurrency = -1\n", "expected int >= 1"),
        ("[fetch]\nhost_gap = nan\n", "host_gap: is nan"),
        ("[fetch]\ndeadline = inf\n", "deadline: is inf"),
        ("[fetch]\nrevisit_hours = [1, -6]\n", "expected float > 0"),
        ('[fetch]\nallow = ["localhost"]\n', "no host and port"),
        ('[rights]\nwithhold = ["noachive"]\n', r"no such name: noachive - did you mean noarchive\?"),
        ("[retention]\narchive_days = -1\n", r":2: \[retention\] archive_days: is -1: expected int >= 1"),
        ("[retention]\npolls_days = 0\n", "expected int >= 1"),
        ("[retention]\npolls_days = 99999999\n", "expected int <= "),
        ("[schedule]\nleast = 900\nmost = 300\n", "more than most"),
        ('[websub]\ncallback = "ftp://x"\n', "no plain http"),
        ('[[host]]\nname = "a.example"\ngap = 1e9\n', "give at most"),
        ('[[host]]\nname = "a.example"\n' * 2, r":4: \[\[host\]\] 2 name: 'a.example' stands twice"),
        (ONE_FEED + 'zone = "Mars/Base"\n', r":4: \[\[feed\]\] 1 zone: no zone"),
        (ONE_FEED + 'country = "India"\n', "no country code"),
        ("home = 3\n", "home: is a int"),
        ('[canonical]\norder = "complete"\n', "expected array, got str"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        load(write(tmp_path, text), {})
    assert str(tmp_path) in str(caught.value)


def test_a_named_file_that_is_absent(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no such file - make one: copydesk init"):
        load(tmp_path / "none.toml", {})


def test_bytes_that_are_not_text(tmp_path: Path) -> None:
    path = tmp_path / "feeds.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load(path, {})


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, "[extract]\nworkers = 0\n[fetch]\ndeadlin = 3\nrobots = 1\n" + ONE_FEED + "lan = 'en'\n")
    with pytest.raises(ConfigError) as caught:
        load(path, {"COPYDESK_STOR": "sqlite:///x"})
    lines = str(caught.value).splitlines()
    assert [line.partition(" - ")[0].removeprefix(f"{path}:") for line in lines] == [
        "4: [fetch] deadlin: unknown setting",
        "5: [fetch] robots: is 1: expected bool, got int",
        "2: [extract] workers: is 0: expected int >= 1",
        "9: [[feed]] 1 lan: unknown setting",
        "$COPYDESK_STOR: unknown variable",
    ]
    assert "did you mean COPYDESK_STORE?" in lines[-1]


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "feeds.toml"
    path.write_bytes(b"\xef\xbb\xbf" + ONE_FEED.encode())
    assert len(load(path, {}).feeds) == 1


@pytest.mark.parametrize(
    ("store", "says"),
    [
        ("postgres://u:hunter2@db/x", r"no such database: postgres - did you mean postgresql\?"),
        ("sqlit:///x", r"did you mean sqlite\?"),
        ("/var/copydesk.db", "not a database URL"),
        ("u:hunter2@db", "not a database URL"),
    ],
)
def test_a_wrong_store_is_told_without_its_password(tmp_path: Path, store: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        load(write(tmp_path, ONE_FEED), {"COPYDESK_STORE": store})
    assert "hunter2" not in str(caught.value)
    assert str(caught.value).startswith("$COPYDESK_STORE: store: ")


def test_passwords_are_in_no_rendering_of_a_config(tmp_path: Path) -> None:
    config = load(write(tmp_path, 'archive = "s3://k:hunter2@b/x"\n'), {"COPYDESK_STORE": "postgresql://u:hunter2@h/x"})
    assert "hunter2" not in repr(config)
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, '[[feed]]\noutlet = "A"\nurl = "ftp://u:hunter2@h/x"\n'), {})
    assert "hunter2" not in str(caught.value)


def test_a_home_that_is_a_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\$COPYDESK_HOME: home: .* is no folder"):
        load(None, {"COPYDESK_HOME": str(write(tmp_path, ONE_FEED))})


@pytest.mark.parametrize("section", SECTIONS)
def test_defaults_are_within_their_own_bounds(section: str) -> None:
    assert list(section_faults(section, asdict(SECTIONS[section]()))) == []


def test_signals_are_those_that_pages_are_read_for() -> None:
    assert (*PAGE_SIGNALS, RESERVED, UNKNOWN) == SIGNALS


@pytest.mark.parametrize(
    ("text", "allow", "becomes"),
    [
        (ONE_FEED, [], ONE_FEED),
        ("[fetch]  # manners\nrobots = true\n", ["h:1"], '[fetch]  # manners\nallow = ["h:1"]\nrobots = true\n'),
        (ONE_FEED, ["h:1"], '[fetch]\nallow = ["h:1"]\n\n' + ONE_FEED),
        ('[fetch]\nallow = ["h:1"]\n', ["h:1"], '[fetch]\nallow = ["h:1"]\n'),
    ],
)
def test_an_allowed_address_is_added_to_its_section(text: str, allow: list[str], becomes: str) -> None:
    assert with_allowed(text, allow) == becomes


def test_a_list_of_allowed_addresses_is_left_to_whoever_wrote_it() -> None:
    with pytest.raises(ConfigError, match="by hand"):
        with_allowed('[fetch]\nallow = ["h:1"]\n', ["h:2"])
