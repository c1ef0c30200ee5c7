"""Profiles and progress bars answer to the environment."""

import io

import pytest

from gancourse import profile
from gancourse.errors import CourseError
from gancourse.progress import progress_bar


@pytest.mark.parametrize("name", profile.PROFILES)
def test_each_profile_picks_its_own(monkeypatch, name):
    monkeypatch.setenv("GANCOURSE_PROFILE", name.upper() + " ")
    assert profile.pick(smoke="smoke", lesson="lesson", full="full") == profile.name() == name


def test_the_default_is_lesson(monkeypatch):
    monkeypatch.delenv("GANCOURSE_PROFILE", raising=False)
    assert profile.name() == "lesson"


def test_an_unknown_profile_is_refused_with_the_three_that_exist(monkeypatch):
    monkeypatch.setenv("GANCOURSE_PROFILE", "quick")
    with pytest.raises(CourseError, match="'quick'; it can be smoke, lesson or full"):
        profile.name()


@pytest.mark.parametrize(("setting", "shown"), [("0", False), (None, True)])
def test_bars_can_be_switched_off(monkeypatch, setting, shown):
    monkeypatch.delenv("GANCOURSE_PROGRESS", raising=False)
    if setting:
        monkeypatch.setenv("GANCOURSE_PROGRESS", setting)
    assert progress_bar(range(3), file=io.StringIO()).disable is not shown
    assert progress_bar(range(3), show=False, file=io.StringIO()).disable
