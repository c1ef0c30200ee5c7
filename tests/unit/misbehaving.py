"""An HTTP server that does what real ones do on a bad day, and programs that download from it and may be killed."""

import contextlib
import gc
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from gancourse.data import catalogue
from gancourse.data.catalogue import RealSet
from gancourse.data.downloads import download

Answer = Callable[[BaseHTTPRequestHandler], None]


class Handler(BaseHTTPRequestHandler):
    server: "Server"
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        with self.server.counting:
            self.server.requests.append((self.path, self.headers.get("Range", "")))
            answers = self.server.answers[self.path]
            answer = answers.pop(0) if len(answers) > 1 else answers[0]  # the last one stays
        with contextlib.suppress(ConnectionError):
            answer(self)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, list[Answer]] = {}
        self.requests: list[tuple[str, str]] = []  # path and Range of each
        self.counting = threading.Lock()

    def offer(self, path: str, *answers: Answer) -> str:
        """The address at which these answers come, one a request, and the last from then on."""
        self.answers[path] = list(answers)
        return f"http://127.0.0.1:{self.server_port}{path}"

    def handle_error(self, *_: object) -> None:
        pass  # a client that was killed


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


# --- Answers ----------------------------------------------------------------------------------------------------------


def file(
    body: bytes, *, ranges: bool = True, tag: str = '"1"', cut: int | None = None, length: int | None = None,
    pause: float = 0.0, portion: int = 2**16, kind: str = "application/zip", heed_if_range: bool = True,
) -> Answer:  # fmt: skip
    """The file, as a good server sends it; or cut after `cut` bytes, or with a wrong `length`, or slowly."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked = handler.headers.get("Range", "") if ranges else ""
        if heed_if_range and handler.headers.get("If-Range", tag) != tag:
            asked = ""
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        if start >= len(body):
            handler.send_error(416)
            return
        handler.send_response(206 if asked else 200)
        if asked:
            handler.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        if tag:
            handler.send_header("ETag", tag)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body) - start if length is None else length))
        handler.send_header("Connection", "close")
        handler.end_headers()
        end = len(body) if cut is None else min(start + cut, len(body))
        for position in range(start, end, portion):
            handler.wfile.write(body[position : min(position + portion, end)])
            time.sleep(pause)

    return answer


def status(code: int, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.send_header("Connection", "close")
        handler.end_headers()

    return answer


def silence(handler: BaseHTTPRequestHandler) -> None:
    """No answer at all, for longer than anybody waits in a test."""
    time.sleep(5)


# --- A small set ------------------------------------------------------------------------------------------------------


def photo(seed: int, size: int = 96) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (size, size, 3), dtype=np.uint8)
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, "JPEG", quality=90)
    return written.getvalue()


def packed(members: dict[str, bytes]) -> bytes:
    """A zip of these files, the same bytes whenever it is made: a bare name would be given the time of day."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return written.getvalue()


def tiny_members(count: int = 4) -> dict[str, bytes]:
    return {f"tiny/train{'AB'[k % 2]}/{k}.jpg": photo(k) for k in range(count)}


def tiny_set(sources: list[str], body: bytes, digest: str = "", archive: str = "tiny.zip", count: int = 4) -> RealSet:
    return RealSet(
        title="Tiny", page="https://example.org/tiny", terms="Drawn for a test.", citation="Nobody.", archive=archive,
        folder="tiny", pictures={"trainA": (count + 1) // 2, "trainB": count // 2}, sources=tuple(sources),
        bytes=len(body) if digest else 0, sha256=digest,
    )  # fmt: skip


# --- Other programs ---------------------------------------------------------------------------------------------------


class Ended(NamedTuple):
    seconds: float  # from the start of the first to the end of the last
    codes: list[int]  # what each exited with; -9 where it was killed


class Programs:
    """Starts programs that fetch a set, in a few milliseconds each: forked from one that has imported everything."""

    def __init__(self) -> None:
        self._forker = subprocess.Popen(
            [sys.executable, __file__], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def fetch(self, real_set: RealSet, folder: Path, count: int = 1, kill_after: float | None = None) -> Ended:
        """So many programs at once fetch `real_set`, and are killed after so many seconds."""
        order = json.dumps([asdict(real_set), str(folder), count, kill_after])
        print(order, file=self._forker.stdin, flush=True)
        assert self._forker.stdout
        return Ended(*json.loads(self._forker.stdout.readline()))

    def close(self) -> None:
        self._forker.communicate()


def _start(real_set: RealSet, folder: Path) -> int:
    """A forked program's number."""
    if program := os.fork():
        return program
    code = 1
    try:
        catalogue.REAL_SETS["tiny"] = real_set
        with contextlib.redirect_stdout(io.StringIO()):  # the line to the test is for its answers
            download("tiny", folder, progress=False)
        code = 0
    finally:
        os._exit(code)


def _serve_orders() -> None:
    gc.collect()
    gc.freeze()  # else a program's first collection copies every page that it shares with this one
    for line in sys.stdin:
        fields, folder, count, kill_after = json.loads(line)
        real_set = RealSet(**{**fields, "sources": tuple(fields["sources"])})
        begun = time.monotonic()
        programs = [_start(real_set, Path(folder)) for _ in range(count)]
        if kill_after is not None:
            time.sleep(kill_after)
            for program in programs:
                os.kill(program, signal.SIGKILL)
        codes = [os.waitstatus_to_exitcode(os.waitpid(program, 0)[1]) for program in programs]
        print(json.dumps([time.monotonic() - begun, codes]), flush=True)


if __name__ == "__main__":
    _serve_orders()
