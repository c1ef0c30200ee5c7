"""Downloads end with the set, or with a sentence that helps, whatever the network does."""

import contextlib
import hashlib
import io
import os
import random
import re
import shutil
import ssl
import tarfile
import tempfile
import time
import zipfile
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from misbehaving import Programs, file, packed, photo, serving, silence, status, tiny_members, tiny_set

from gancourse import data
from gancourse.data import catalogue, downloads
from gancourse.data.downloads import Partial, download
from gancourse.errors import CourseError

BODY = packed(tiny_members())
DIGEST = hashlib.sha256(BODY).hexdigest()
HALF = len(BODY) // 2


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(downloads, "WAIT_S", 0.01)
    monkeypatch.setattr(downloads, "PATIENCE_S", 0.3)
    monkeypatch.setattr(downloads, "PORTION", 2**13)
    for proxy in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(proxy, raising=False)
        monkeypatch.delenv(proxy.upper(), raising=False)


@pytest.fixture
def server():
    with serving() as running:
        yield running


@pytest.fixture
def offered(server, monkeypatch):
    """A function: these answers at the first source, or at several, as the catalogue's set `tiny`."""

    def offer(*answers, body=BODY, digest=DIGEST, second=None, **more):
        sources = [server.offer("/tiny.zip", *answers)] + ([server.offer("/second.zip", *second)] if second else [])
        monkeypatch.setitem(catalogue.REAL_SETS, "tiny", tiny_set(sources, body, digest, **more))

    return offer


def is_right(folder, body=BODY):
    """The archive is there, whole, and nothing else but its recorded digest."""
    there = {path.name for path in folder.iterdir()}
    return there - {"tiny.zip.sha256"} == {"tiny.zip"} and (folder / "tiny.zip").read_bytes() == body


def failure(folder, **options):
    with pytest.raises(CourseError) as caught:
        download("tiny", folder, progress=False, **options)
    assert "tiny.zip" not in {path.name for path in folder.glob("*")}
    return str(caught.value)


# --- As it should be --------------------------------------------------------------------------------------------------


def test_a_set_comes_whole_and_a_second_call_asks_nobody(offered, server, tmp_path, capsys):
    offered(file(BODY))
    assert download("tiny", tmp_path, progress=False) == tmp_path / "tiny.zip"
    assert is_right(tmp_path)
    out = capsys.readouterr().out
    assert "Drawn for a test." in out
    assert "Nobody." in out
    assert download("tiny", tmp_path, progress=False) == tmp_path / "tiny.zip"
    assert len(server.requests) == 1
    assert capsys.readouterr().out == ""


def test_a_set_that_was_put_there_by_hand_is_left_alone(offered, server, tmp_path):
    offered(file(BODY))
    (tmp_path / "tiny" / "tiny").mkdir(parents=True)
    (tmp_path / "tiny" / "tiny" / "1.jpg").touch()
    assert download("tiny", tmp_path) == tmp_path / "tiny" / "tiny"
    assert server.requests == []


def test_an_unknown_set_is_named():
    with pytest.raises(CourseError, match=r"no set 'celebrities'.*celeba, facades"):
        download("celebrities")


def test_the_bar_counts_bytes_from_where_they_stopped(offered, tmp_path, monkeypatch):
    offered(file(BODY, cut=HALF), file(BODY))
    bars = []
    monkeypatch.setattr(
        downloads, "progress_bar", lambda **options: bars.append(options) or contextlib.nullcontext(Bar())
    )
    download("tiny", tmp_path)
    fetching = [(bar["initial"], bar["total"]) for bar in bars if bar["desc"] == "Fetching Tiny"]
    assert fetching == [(0, len(BODY)), (HALF, len(BODY))]


class Bar:
    def update(self, _):
        pass


# --- What a source may do ---------------------------------------------------------------------------------------------


def test_a_transfer_that_is_cut_goes_on_where_it_stopped(offered, server, tmp_path):
    offered(file(BODY, cut=HALF), file(BODY))
    download("tiny", tmp_path, progress=False)
    assert is_right(tmp_path)
    assert server.requests == [("/tiny.zip", ""), ("/tiny.zip", f"bytes={HALF}-")]


def test_the_next_call_goes_on_where_the_last_one_failed(offered, server, tmp_path):
    offered(file(BODY, cut=HALF), status(404))
    assert "goes on from" in failure(tmp_path)
    server.requests.clear()
    offered(file(BODY))
    download("tiny", tmp_path, progress=False)
    assert is_right(tmp_path)
    assert server.requests == [("/tiny.zip", f"bytes={HALF}-")]


def test_another_source_of_the_same_file_goes_on_too(offered, server, tmp_path):
    offered(file(BODY, cut=HALF), status(403), second=[file(BODY, tag='"other"')])
    download("tiny", tmp_path, progress=False)
    assert is_right(tmp_path)
    assert server.requests[-1] == ("/second.zip", f"bytes={HALF}-")


def test_a_part_of_a_wrong_file_does_not_spoil_the_right_one(offered, server, tmp_path):
    offered(file(bytes(len(BODY)), cut=HALF), status(403), second=[file(BODY)])
    download("tiny", tmp_path, progress=False)
    assert is_right(tmp_path)
    assert server.requests[-2:] == [("/second.zip", f"bytes={HALF}-"), ("/second.zip", "")]


def test_without_a_digest_nothing_of_two_sources_is_joined(offered, server, tmp_path):
    offered(file(BODY, cut=HALF), status(403), digest="", second=[file(BODY)])
    download("tiny", tmp_path, progress=False)
    assert is_right(tmp_path)
    assert server.requests[-1] == ("/second.zip", "")


def test_many_cuts_are_survived_as_long_as_it_gets_further(offered, server, tmp_path, monkeypatch):
    body = packed({name: content + bytes(2**20) for name, content in tiny_members(6).items()})
    digest = hashlib.sha256(body).hexdigest()
    offered(file(body, cut=2**20 + 1), body=body, digest=digest, count=6)
    download("tiny", tmp_path, progress=False)
    assert is_right(tmp_path, body)
    assert len(server.requests) == 7


def test_a_source_without_ranges_starts_over(offered, tmp_path):
    offered(file(BODY, cut=HALF), file(BODY, ranges=False))
    download("tiny", tmp_path, progress=False)
    assert is_right(tmp_path)


@pytest.mark.parametrize("heed_if_range", [True, False])
@pytest.mark.parametrize("known", [DIGEST, ""], ids=["digest", "no digest"])
def test_a_file_that_changes_between_two_attempts_is_not_joined(offered, tmp_path, heed_if_range, known):
    offered(file(BODY[::-1], tag='"0"', cut=HALF), file(BODY, heed_if_range=heed_if_range), digest=known)
    download("tiny", tmp_path, progress=False)
    assert is_right(tmp_path)


def test_a_file_that_became_shorter_starts_over(offered, tmp_path):
    offered(file(BODY + BODY, cut=len(BODY) + 10, tag='"0"'), file(BODY), digest="")
    download("tiny", tmp_path, progress=False)
    assert is_right(tmp_path)


def test_a_wrong_digest_at_the_first_source_leads_to_the_second(offered, tmp_path):
    offered(file(BODY[:-1] + b"!"), second=[file(BODY)])
    download("tiny", tmp_path, progress=False)
    assert is_right(tmp_path)


@pytest.mark.parametrize("length", [-10, 10])
@pytest.mark.parametrize("known", [DIGEST, ""], ids=["digest", "no digest"])
def test_a_wrong_content_length_is_no_archive(offered, tmp_path, length, known):
    offered(file(BODY, length=len(BODY) + length), digest=known)
    message = failure(tmp_path)
    assert "bytes" in message or "cannot be read" in message


def test_a_busy_source_is_asked_again_when_it_says(offered, server, tmp_path):
    offered(status(503, Retry_After="1"), status(429), status(500), file(BODY))
    monotonic = time.monotonic()
    assert "500" in failure(tmp_path)  # three attempts
    assert time.monotonic() - monotonic >= 1
    assert len(server.requests) == 3
    download("tiny", tmp_path, progress=False)
    assert is_right(tmp_path)


def test_a_source_that_is_busy_for_an_hour_is_left(offered, server, tmp_path):
    offered(status(429, Retry_After="3600"), second=[file(BODY)])
    download("tiny", tmp_path, progress=False)
    assert is_right(tmp_path)
    assert len(server.requests) == 2


PAGE = b"<!DOCTYPE html><html><head><title>Google Drive &ndash; Quota exceeded</title></head></html>"


@pytest.mark.parametrize(
    ("answer", "reason", "requests"),
    [
        (status(404), "404", 1),
        (status(403), "403", 1),
        (status(302, Location="/tiny.zip"), "circle", 31),
        (file(PAGE, kind="text/html; charset=utf-8"), "a page .*'Google Drive – Quota exceeded'", 1),
        (file(PAGE.ljust(len(BODY)), kind="application/octet-stream"), "a page", 1),
        (file(BODY, length=10**9), "bytes", 1),
        (silence, "stopped answering", 3),
        (file(BODY, portion=64, pause=0.1), "all but stopped", 3),
    ],
    ids=["404", "403", "redirects", "portal", "portal in disguise", "huge", "silence", "trickle"],
)
def test_a_source_that_cannot_serve_is_named_with_its_reason(offered, server, tmp_path, answer, reason, requests):
    offered(answer)
    begun = time.monotonic()
    message = failure(tmp_path)
    assert time.monotonic() - begun < 6
    assert re.search(rf"http://127.0.0.1:\d+/tiny.zip\n    .*{reason}", message), message
    for way in ("Later", "--from FILE", "https://example.org/tiny", "drawn by code"):
        assert way in message
    assert len(server.requests) == requests
    offered(answer, second=[file(BODY)])
    download("tiny", tmp_path, progress=False)
    assert is_right(tmp_path)


def test_a_stall_is_noticed_within_half_a_minute(monkeypatch):
    monkeypatch.undo()
    assert downloads.CONNECT_S <= 30
    assert 2 * downloads.PATIENCE_S <= 30


def test_a_stall_in_the_middle_goes_on(offered, tmp_path):
    def stall(handler):
        file(BODY, cut=HALF)(handler)
        handler.wfile.flush()
        time.sleep(2)

    offered(stall, file(BODY))
    download("tiny", tmp_path, progress=False)
    assert is_right(tmp_path)


@pytest.mark.parametrize(
    ("address", "reason"),
    [("http://127.0.0.1:9/tiny.zip", "refused"), ("http://no-such-host.invalid/tiny.zip", "no such host")],
)
def test_no_connection_is_told(offered, server, tmp_path, monkeypatch, address, reason):
    monkeypatch.setitem(catalogue.REAL_SETS, "tiny", tiny_set([address], BODY, DIGEST))
    assert reason in failure(tmp_path)
    second = server.offer("/tiny.zip", file(BODY))
    monkeypatch.setitem(catalogue.REAL_SETS, "tiny", tiny_set([address, second], BODY, DIGEST))
    download("tiny", tmp_path, progress=False)
    assert is_right(tmp_path)


def test_a_certificate_of_ones_own_making_is_not_accepted(server, tmp_path, monkeypatch):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    address = server.offer("/tiny.zip", file(BODY)).replace("http:", "https:")
    monkeypatch.setitem(catalogue.REAL_SETS, "tiny", tiny_set([address], BODY, DIGEST))
    assert "certificate" in failure(tmp_path)


# --- What a disk may do -----------------------------------------------------------------------------------------------


def test_a_disk_without_room_is_noticed_before_anything_comes(offered, tmp_path, monkeypatch):
    offered(file(BODY))
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12, 50_000_000))
    assert "Make room" in failure(tmp_path)
    assert not any(path.stat().st_size for path in tmp_path.iterdir() if path.name != ".part-tiny.zip.json")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Only Linux has a disk that is always full.")
def test_a_disk_that_fills_up_says_so_and_the_next_call_goes_on(offered, tmp_path, monkeypatch):
    offered(file(BODY))
    (tmp_path / ".part-tiny.zip").symlink_to("/dev/full")
    with monkeypatch.context() as patched:
        patched.setattr(Partial, "discard", lambda self: None)
        assert "is full" in failure(tmp_path)
    download("tiny", tmp_path, progress=False)
    assert is_right(tmp_path)


def test_a_folder_that_cannot_be_written_to_is_named(offered):
    offered(file(BODY))
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o555)
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    try:
        if root:
            os.seteuid(65534)  # root may write anywhere
        message = failure(folder)
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o755)
        shutil.rmtree(folder)
    assert str(folder) in message
    assert "Choose another folder" in message


def test_a_file_where_the_folder_should_be_is_named(offered, tmp_path):
    offered(file(BODY))
    (tmp_path / "data").touch()
    with pytest.raises(CourseError, match="Choose another folder"):
        download("tiny", tmp_path / "data", progress=False)


def test_ctrl_c_keeps_what_has_come(offered, server, tmp_path, monkeypatch, capsys):
    offered(file(BODY))
    portions = downloads._portions

    def interrupted(response):
        yield next(portions(response))
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(downloads, "_portions", interrupted)
        with pytest.raises(KeyboardInterrupt):
            download("tiny", tmp_path, progress=False)
    assert "goes on from there" in capsys.readouterr().out
    download("tiny", tmp_path, progress=False)
    assert is_right(tmp_path)
    assert int(server.requests[-1][1].removeprefix("bytes=").rstrip("-")) > 0


# --- What an archive may hold -----------------------------------------------------------------------------------------


def tar(*members, kind=None):
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        if kind:
            member = tarfile.TarInfo("tiny/trainA/odd.jpg")
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
    return written.getvalue()


def bomb():
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in tiny_members().items():
            archive.writestr(name, content)
        archive.writestr("tiny/trainA/bomb.jpg", bytes(10_000_000))
    return written.getvalue()


def twice():
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in tiny_members().items():
            archive.writestr(name, content)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("tiny/trainA/0.jpg", photo(5))
    return written.getvalue()


GOOD = list(tiny_members().items())


@pytest.mark.parametrize(
    ("archive", "body", "reason"),
    [
        ("tiny.zip", packed({**tiny_members(), "/etc/tiny.jpg": photo(0)}), "outside"),
        ("tiny.zip", packed({**tiny_members(), "tiny/../../tiny.jpg": photo(0)}), "outside"),
        ("tiny.zip", packed({**tiny_members(), "C:\\tiny.jpg": photo(0)}), "outside"),
        ("tiny.zip", bomb(), "unpack to 10,000,000"),
        ("tiny.zip", twice(), "two files of one name"),
        ("tiny.zip", packed({**tiny_members(), "tiny/traina/0.JPG": photo(0)}), "two files of one name"),
        ("tiny.zip", packed(tiny_members(3)), "1 pictures in trainB, and not 2"),
        ("tiny.zip", packed({name: b"no picture" for name in tiny_members()}), "not a picture"),
        ("tiny.zip", packed({"readme.txt": b"moved"}), "no pictures"),
        ("tiny.zip", BODY[:-100], "cannot be read as a zip archive"),
        ("tiny.tar.gz", tar(*GOOD, ("../tiny.jpg", b"")), "outside"),
        ("tiny.tar.gz", tar(*GOOD, ("/tiny.jpg", b"")), "outside"),
        ("tiny.tar.gz", tar(*GOOD, kind=tarfile.SYMTYPE), "link or a device"),
        ("tiny.tar.gz", tar(*GOOD, kind=tarfile.LNKTYPE), "link or a device"),
        ("tiny.tar.gz", tar(*GOOD, kind=tarfile.CHRTYPE), "link or a device"),
        ("tiny.tar.gz", tar(*GOOD, GOOD[0]), "twice"),
        ("tiny.tar.gz", tar(*GOOD)[:-2000], "cannot be read as a tar archive"),
    ],
)
def test_an_archive_that_is_not_the_set_is_refused_and_forgotten(offered, tmp_path, archive, body, reason):
    offered(file(body), body=body, digest="", archive=archive)
    message = failure(tmp_path)
    assert reason in message
    assert "part-" not in message
    assert {path.name for path in tmp_path.iterdir()} <= {f".lock-{archive}"}


def test_damage_inside_is_found_where_no_digest_is_known(offered, tmp_path):
    damaged = bytearray(BODY)
    damaged[HALF] ^= 255  # in a picture's own bytes
    offered(file(bytes(damaged)), digest="")
    assert "CRC" in failure(tmp_path)


def test_a_name_that_windows_cannot_write_is_never_written(offered, tmp_path):
    members = {name.replace("/0", "/a:0"): content for name, content in tiny_members().items()}
    body = packed(members)
    offered(file(body), body=body, digest="")
    download("tiny", tmp_path, progress=False)
    assert is_right(tmp_path, body)
    assert data.UnpairedImages(tmp_path / "tiny.zip", 32, "all").monets[0].shape == (3, 32, 32)


def test_without_a_known_digest_the_first_one_is_kept(offered, tmp_path):
    offered(file(BODY), digest="")
    download("tiny", tmp_path, progress=False)
    kept = tmp_path / "tiny.zip.sha256"
    assert kept.read_text() == f"{hashlib.sha256(BODY).hexdigest()}  tiny.zip\n"
    (tmp_path / "tiny.zip").unlink()
    other = packed({name: photo(k + 9) for k, name in enumerate(tiny_members())})
    offered(file(other), digest="", body=other)
    assert "delete tiny.zip.sha256" in failure(tmp_path)
    kept.write_text("")  # as it is between its beginning and its end
    download("tiny", tmp_path, progress=False)
    assert is_right(tmp_path, other)
    assert kept.read_text().startswith(hashlib.sha256(other).hexdigest())


# --- A file fetched by hand -------------------------------------------------------------------------------------------


def test_a_file_fetched_by_hand_is_checked_and_copied(offered, server, tmp_path):
    offered(file(BODY))
    by_hand = tmp_path / "img (1).zip"
    by_hand.write_bytes(BODY)
    assert download("tiny", tmp_path / "data", by_hand, progress=False) == tmp_path / "data" / "tiny.zip"
    assert is_right(tmp_path / "data")
    assert by_hand.read_bytes() == BODY
    assert server.requests == []


def test_a_wrong_file_by_hand_is_refused(offered, tmp_path):
    offered(file(BODY))
    by_hand = tmp_path / "other.zip"
    by_hand.write_bytes(BODY[:-1] + b"!")
    assert "digest" in failure(tmp_path / "data", source=by_hand)
    assert "no such file" in failure(tmp_path / "data", source="nowhere.zip")
    assert by_hand.exists()


def test_an_address_of_ones_own_takes_the_sources_place(offered, server, tmp_path):
    offered(status(404))
    download("tiny", tmp_path, server.offer("/mine.zip", file(BODY)), progress=False)
    assert is_right(tmp_path)
    assert {path for path, _ in server.requests} == {"/mine.zip"}


# --- Other programs, and sudden ends ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def programs():
    running = Programs()
    yield running
    running.close()


def test_two_programs_at_once_fetch_it_once(server, programs, tmp_path):
    address = server.offer("/tiny.zip", file(BODY, portion=2**13, pause=0.05))
    ended = programs.fetch(tiny_set([address], BODY, DIGEST), tmp_path, count=2)
    assert ended.codes == [0, 0]
    assert is_right(tmp_path)
    assert len(server.requests) == 1


KILLS = 200


def test_after_two_hundred_sudden_deaths_the_next_call_is_right_each_time(server, programs, tmp_path, monkeypatch):
    """Killed at any moment, from the first line to the last; no part, note, lock or wrong archive is left."""
    address = server.offer("/tiny.zip", file(BODY, portion=2**12, pause=0.002))
    chance, seconds = random.Random(0), []
    states = {"nothing": 0, "a part": 0, "the set": 0}
    for number in range(KILLS + 10):
        real_set = tiny_set([address], BODY, DIGEST if number % 2 else "")
        folder = tmp_path / str(number)
        folder.mkdir()
        if number < 10:  # how long it takes
            seconds.append(programs.fetch(real_set, folder).seconds)
            assert is_right(folder)
            continue
        programs.fetch(real_set, folder, kill_after=chance.uniform(0, 1.2) * sorted(seconds)[5])
        there = {path.name for path in folder.iterdir()}
        states["the set" if "tiny.zip" in there else "a part" if ".part-tiny.zip" in there else "nothing"] += 1
        monkeypatch.setitem(catalogue.REAL_SETS, "tiny", real_set)
        download("tiny", folder, progress=False)
        assert is_right(folder), (number, there)
    assert min(states.values()) >= 5, states  # it died before, while and after
    assert states["a part"] >= KILLS / 4, states


# --- The real sets ----------------------------------------------------------------------------------------------------

# Smaller archives of the same layouts, for tests, with the digests of these.
REAL = {
    "celeba": ({"all": 3000}, "0db703d07fa23f94d67d4573ac05cd84b8987110a77fdfd7bf681f81ce280ea1"),
    "facades": ({"train": 400, "val": 100}, "23ad2a9cef22e6767d987479639cb5c5a8ed0eea3c4c37ea0976044a0c423fd8"),
    "monet2photo": (
        {"trainA": 1072, "trainB": 1072},
        "6ec353b6af7b71a68f627c3514cb7a7f5015980bfb023ae69b2a3d4770c79ccf",
    ),
}


@pytest.mark.parametrize("name", REAL)
def test_a_real_set_comes_through_a_bad_network_into_a_lessons_hands(real_data, server, tmp_path, monkeypatch, name):
    """Cut twice, once busy, the first source gone: the call that a lesson makes gets it, and then asks nobody again."""
    pictures, digest = REAL[name]
    official = catalogue.REAL_SETS[name]
    body = (real_data / official.archive).read_bytes()
    sources = (
        server.offer("/gone", status(404)),
        server.offer("/there", file(body, cut=len(body) // 3), status(503), file(body, cut=len(body) // 3), file(body)),
    )
    here = replace(official, sources=sources, bytes=len(body), sha256=digest, pictures=pictures)
    monkeypatch.setitem(catalogue.REAL_SETS, name, here)
    monkeypatch.setenv("GANCOURSE_PROFILE", "lesson")
    load = {"celeba": data.faces, "facades": data.facades, "monet2photo": data.monet2photo}[name]
    images = load(32, count=8, root=tmp_path, progress=False, download=True)
    assert official.archive in images.description
    assert {path.name for path in tmp_path.iterdir()} == {official.archive}
    third = len(body) // 3
    assert [asked for _, asked in server.requests] == ["", "", *[f"bytes={third}-"] * 2, f"bytes={2 * third}-"]
    load(32, "validation", count=8, root=tmp_path, progress=False, download=True)
    assert len(server.requests) == 5


@pytest.mark.parametrize("name", REAL)
def test_without_a_network_a_lesson_says_why_and_goes_on(server, tmp_path, monkeypatch, capsys, name):
    address = server.offer("/gone", status(404))
    monkeypatch.setitem(catalogue.REAL_SETS, name, replace(catalogue.REAL_SETS[name], sources=(address,)))
    monkeypatch.setenv("GANCOURSE_PROFILE", "lesson")
    load = {"celeba": data.faces, "facades": data.facades, "monet2photo": data.monet2photo}[name]
    images = load(32, count=2, root=tmp_path, progress=False, download=True)
    assert "drawn twin" in images.description
    assert "404" in capsys.readouterr().out


def test_the_smoke_profile_never_asks_the_network(server, tmp_path, monkeypatch):
    address = server.offer("/gone", status(404))
    monkeypatch.setitem(catalogue.REAL_SETS, "facades", replace(catalogue.REAL_SETS["facades"], sources=(address,)))
    monkeypatch.setenv("GANCOURSE_PROFILE", "smoke")
    data.facades(32, count=2, root=tmp_path, progress=False, download=True)
    assert server.requests == []
