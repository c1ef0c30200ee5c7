"""python -m gancourse download: it asks, it goes on with the other sets, and it says what went wrong."""

import pytest
from misbehaving import file, packed, serving, status, tiny_members, tiny_set

from gancourse.__main__ import main
from gancourse.data import catalogue

BODY = packed(tiny_members())


@pytest.fixture
def offered(monkeypatch, tmp_path):
    """The set `tiny`, which comes, and `gone`, which does not; the data folder is tmp_path."""
    monkeypatch.setenv("GANCOURSE_DATA", str(tmp_path))
    with serving() as server:
        monkeypatch.setitem(catalogue.REAL_SETS, "tiny", tiny_set([server.offer("/tiny.zip", file(BODY))], BODY))
        gone = tiny_set([server.offer("/gone.zip", status(404))], BODY, archive="gone.zip")
        monkeypatch.setitem(catalogue.REAL_SETS, "gone", gone)
        yield server


def at_a_terminal(monkeypatch, answer):
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: answer)


def test_with_yes_it_fetches_into_the_data_folder_and_shows_the_terms(offered, tmp_path, capsys):
    assert main(["download", "tiny", "--yes"]) == 0
    assert (tmp_path / "tiny.zip").read_bytes() == BODY
    assert capsys.readouterr().out.count("Drawn for a test.") == 1


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("YES", 0), ("", 2), ("n", 2)])
def test_at_a_terminal_it_asks_after_showing_the_terms(offered, tmp_path, monkeypatch, capsys, answer, code):
    at_a_terminal(monkeypatch, answer)
    assert main(["download", "tiny"]) == code
    assert (tmp_path / "tiny.zip").exists() == (code == 0)
    assert len(offered.requests) == (code == 0)
    assert capsys.readouterr().out.count("Drawn for a test.") == 1


def test_where_nobody_can_answer_nothing_is_fetched(offered, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert main(["download", "tiny"]) == 2
    assert "--yes" in capsys.readouterr().err
    assert offered.requests == []


def test_what_is_there_is_not_asked_about(offered, tmp_path, monkeypatch, capsys):
    (tmp_path / "tiny.zip").write_bytes(BODY)
    monkeypatch.setattr("builtins.input", lambda _: pytest.fail("it asked"))
    assert main(["download", "tiny"]) == 0
    assert str(tmp_path / "tiny.zip") in capsys.readouterr().out


def test_one_set_that_fails_does_not_keep_the_others_back(offered, tmp_path, capsys):
    assert main(["download", "gone", "tiny", "--yes", "--to", str(tmp_path / "sets")]) == 2
    assert (tmp_path / "sets" / "tiny.zip").exists()
    assert "404" in capsys.readouterr().err


def test_a_file_by_hand_is_for_one_set(offered, tmp_path, capsys):
    (tmp_path / "by hand.zip").write_bytes(BODY)
    assert main(["download", "tiny", "gone", "--yes", "--from", str(tmp_path / "by hand.zip")]) == 2
    assert "one set" in capsys.readouterr().err
    assert main(["download", "tiny", "--yes", "--from", str(tmp_path / "by hand.zip")]) == 0
    assert offered.requests == []


def test_an_unknown_set_is_refused_before_anything_is_fetched(offered, capsys):
    assert main(["download", "tiny", "celebrities", "--yes"]) == 2
    assert "There are celeba" in capsys.readouterr().err
    assert offered.requests == []
