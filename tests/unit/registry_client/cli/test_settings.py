"""Options that may stand anywhere on the line."""

import pytest

from registry_client.cli.settings import Settings, UsageError, take


@pytest.mark.parametrize(
    "line",
    [
        ["--json", "did", "resolve", "X", "--lang", "ko"],
        ["did", "--lang=ko", "resolve", "X", "--json"],
        ["did", "resolve", "--json", "--lang", "ko_KR.UTF-8", "X"],
    ],
)
def test_take_finds_the_options_wherever_they_stand(line):
    settings, rest = take(line, {})
    assert settings == Settings(json=True, lang="ko")
    assert rest == ["did", "resolve", "X"]


def test_take_leaves_everything_after_two_dashes_alone():
    assert take(["key", "--", "--json"], {}) == (Settings(), ["key", "--", "--json"])


def test_take_reads_profile_node_and_flags():
    settings, rest = take(["--profile", "p", "--node=http://h", "-q", "--no-color", "--debug", "x"], {})
    assert settings == Settings(profile="p", node="http://h", quiet=True, no_color=True, debug=True)
    assert rest == ["x"]


def test_no_color_variable_counts_only_when_it_says_something():
    assert take([], {"NO_COLOR": "1"})[0].no_color
    assert not take([], {"NO_COLOR": ""})[0].no_color


@pytest.mark.parametrize(("line", "says"), [(["--lang", "fr"], "en or ko"), (["--profile"], "needs a value")])
def test_take_refuses_what_cannot_be_read(line, says):
    with pytest.raises(UsageError, match=says):
        take(line, {})
