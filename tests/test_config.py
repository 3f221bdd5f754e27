"""feeds.toml and the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import load
from pipeline.errors import ConfigError
from pipeline.model import HostSpec

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
        ('[[feed]]\nurl = "https://a.example/rss"\n', "needs 1 required positional argument|needs .*'outlet'"),
        (ONE_FEED + ONE_FEED, "stands twice"),
        ('[[feed]]\nurl = "ftp://o.example/x"\noutlet = "A"\n', "is not http"),
        ('[[feed]]\nurl = "file:///etc/passwd"\noutlet = "A"\n', "is not http"),
        ("[fetch]\ndeadlin = 3\n", "unknown setting deadlin"),
        ('[fetch]\ndeadline = "soon"\n', "should be of type float"),
        ("[fetch]\nrobots = 1\n", "should be of type bool"),
        ('[rights]\nlater = "burn"\n', "known are keep, remove"),
        ("feed = 3\n", "must be a list"),
        ("[[host]]\ngap = 3\n", "needs .*'name'"),
        ("fetch = 3\n", "must be a table"),
        ("colour = 3\n", "unknown setting colour"),
        ('[canonical]\norder = ["longest"]\n', "no such rule: longest - known are agency-page, complete"),
        ('[canonical]\norder = ["complete", "complete"]\n', "a rule stands twice"),
        ("canonical = 3\n", "must be a table"),
        ('[canonical]\norder = "complete"\n', "should be of type tuple"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        load(write(tmp_path, text), {})
    assert str(tmp_path) in str(caught.value)


def test_a_named_file_that_is_absent(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no such file - copy feeds\.example\.toml"):
        load(tmp_path / "none.toml", {})


def test_bytes_that_are_not_text(tmp_path: Path) -> None:
    path = tmp_path / "feeds.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load(path, {})
