"""Getting a real set: one call, whatever the network does.

The transfer itself is requests' work: redirects, TLS, proxies, time limits.  Of the ready-made downloaders pooch and
torchvision do not resume, huggingface_hub knows one host, and none goes on to another source; so what stands here is
what they leave out: going on where it stopped, several sources, and the proof that what came is the set.

An archive grows under a hidden name beside its place, is checked there, and is put in place in one step.  Nothing is
unpacked: the course reads the pictures out of their archives.
"""

import errno
import hashlib
import html
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

import requests
from filelock import AcquireReturnProxy, FileLock, Timeout
from tqdm.auto import tqdm
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from gancourse import profile
from gancourse.data import catalogue
from gancourse.data.catalogue import RealSet
from gancourse.data.files import open_pictures, read_picture
from gancourse.errors import CourseError
from gancourse.progress import progress_bar

CONNECT_S = 10.0
PATIENCE_S = 15.0  # a source that sends nothing for so long, or less than SLOWEST bytes a second, is given up
SLOWEST = 1_000
ATTEMPTS = 3  # at one source, in a row, without a MiB of progress
WAIT_S = 1.0  # before the second attempt, twice as long before the third
LONGEST_WAIT_S = 60.0  # that a busy source may ask for
PORTION = 2**18  # bytes
MOST_BYTES = 8 * 2**30  # of an archive whose size nobody told
SPARE_BYTES = 50_000_000  # of the disk, left to others
HEADERS = {"User-Agent": "gancourse (a course on GANs)", "Accept-Encoding": "identity"}


class SourceError(Exception):
    """Why a source did not serve.  `again`: the same request may do better, after `wait` seconds."""

    def __init__(self, reason: str, again: bool = False, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.again, self.wait = again, wait


class NotTheSet(SourceError):
    """What came is whole, but not the set."""


# --- One call ---------------------------------------------------------------------------------------------------------


def download(
    name: str,
    to: str | Path | None = None,
    source: str | Path | None = None,
    progress: bool = True,
    announce: bool = True,
) -> Path:
    """Bring the real set `name` ("celeba", "facades", "monet2photo", …) into the folder `to`; where it is, then.

    `to` is the data folder if not given, where the lessons look.  A set that lies there already is left alone.  What an
    earlier call did not finish goes on where it stopped.  The catalogue's sources are tried in their order; `source`,
    an address or a file fetched by hand, takes their place.

    What came is put in place once it is shown to be the set: by its digest where one is known; always by opening safely
    and holding as many pictures as it should.  Where none is known, the digest of the first archive is written beside
    it, NAME.sha256, and a later one has to have the same.

    With `announce` it prints whose the pictures are and what is allowed.  It does not ask: to call it is to agree.

    Raises CourseError with what was tried, why each source failed, and the ways on.
    """
    real_set = catalogue.entry(name)
    folder = Path(to).expanduser() if to is not None else catalogue.data_folder()
    there = catalogue.find(name, folder)
    if not there:
        if announce:
            print(announcement(real_set, folder))
        partial = Partial(folder, real_set)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with _one_at_a_time(partial.lock, real_set):
                there = catalogue.find(name, folder) or _fetch(real_set, partial, source, progress)
        except KeyboardInterrupt:
            print(f"Interrupted: {megabytes(partial.size)} of it are kept, and the next call goes on from there.")
            raise
        except OSError as error:
            raise CourseError(_about_disk(error, folder)) from error
        print(f"{real_set.title} is complete: {there}")
    Partial(folder, real_set).sweep()
    return there


def find_or_download(name: str, root: str | Path | None, wanted: bool) -> Path | None:
    """Where the real set is, fetched before if that is `wanted`; None where the drawn twin has to do.

    Under the smoke profile that is always so.  If the download fails, why is printed, and the lesson goes on.
    """
    if profile.name() == "smoke":
        return None
    found = catalogue.find(name, root)
    if wanted and not found:
        try:
            return download(name, root)
        except CourseError as error:
            print(error)
    return found


def announcement(real_set: RealSet, folder: Path) -> str:
    """What is fetched, how much of it, where to, whose it is, and what is allowed."""
    size = megabytes(real_set.bytes) if real_set.bytes else "size not known beforehand"
    return (
        f"{real_set.title} ({real_set.archive}, {size}), to {folder}\n"
        f"  Terms: {real_set.terms}\n  To cite: {real_set.citation}"
    )


def megabytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count < 1e8 else f"{count / 1e6:,.0f} MB"


def _one_at_a_time(lock: Path, real_set: RealSet) -> AcquireReturnProxy:
    """To be entered by one process at once.  The system takes the lock from a process that dies."""
    try:
        return FileLock(lock).acquire(timeout=0)
    except Timeout:
        print(f"Another program is fetching {real_set.title} into this folder; waiting for it.")
        return FileLock(lock).acquire()


def _fetch(real_set: RealSet, partial: "Partial", source: str | Path | None, progress: bool) -> Path:
    """The archive in its place, from the first source that serves it."""
    tried = {}
    for address in [str(source)] if source is not None else real_set.sources:
        joined = partial.size > 0
        try:
            try:
                return _fetch_from(address, real_set, partial, progress)
            except NotTheSet:
                if not joined:
                    raise
                # Perhaps it was the earlier part that is wrong.
                return _fetch_from(address, real_set, partial, progress)
        except SourceError as error:
            tried[address] = str(error)
    raise CourseError(_about_failure(real_set, partial, tried))


def _fetch_from(address: str, real_set: RealSet, partial: "Partial", progress: bool) -> Path:
    if re.match(r"https?://", address):
        _transfer(address, real_set, partial, progress)
    else:
        _copy(Path(address).expanduser(), real_set, partial, progress)
    _require_the_set(real_set, partial, progress)
    return partial.put_in_place()


# --- The archive while it grows ---------------------------------------------------------------------------------------


class Partial:
    """An archive that has not come whole: its bytes so far, and a note from where and of which version they are."""

    def __init__(self, folder: Path, real_set: RealSet) -> None:
        self.path = folder / f".part-{real_set.archive}"  # the suffix stays: it says how to open the file
        self.lock = folder / f".lock-{real_set.archive}"
        self.place = folder / real_set.archive
        self.digest = folder / f"{real_set.archive}.sha256"  # as `sha256sum --check` reads it
        self._note = folder / f".part-{real_set.archive}.json"

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def version_from(self, address: str) -> str:
        """The version at that address that the bytes so far are of; "" where nobody knows."""
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # not there; or its writer was killed
            return ""
        return str(note["version"]) if note["address"] == address else ""

    def first_digest(self) -> str:
        """SHA-256 of the archive that came the first time; "" where none did, or its writer was killed."""
        text = self.digest.read_text(encoding="utf-8") if self.digest.exists() else ""
        found = re.match("[0-9a-f]{64}", text)
        return found[0] if found else ""

    def start_over(self, address: str, version: str) -> None:
        self.discard()  # first the old note: it must never stand beside new bytes
        self.path.touch()
        self._note.write_text(json.dumps({"address": address, "version": version}), encoding="utf-8")

    def discard(self) -> None:
        self._note.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)

    def put_in_place(self) -> Path:
        self._note.unlink(missing_ok=True)
        os.replace(self.path, self.place)
        return self.place

    def sweep(self) -> None:
        """Remove what is left where the set is complete.  Whoever waits for the lock now will find the set there."""
        for path in (self._note, self.path, self.lock):
            with suppress(OSError):  # it is in use, or the folder is read-only
                path.unlink(missing_ok=True)


# --- From one source --------------------------------------------------------------------------------------------------


def _transfer(address: str, real_set: RealSet, partial: Partial, progress: bool) -> None:
    """The whole archive from one address, in as many attempts as bring it further."""
    failures = 0
    while True:
        before = partial.size
        try:
            return _request(address, real_set, partial, progress)
        except SourceError as error:
            failures = 1 if partial.size >= before + 2**20 else failures + 1
            if not error.again or failures == ATTEMPTS:
                raise
            time.sleep(max(error.wait, WAIT_S * 2 ** (failures - 1)))


def _request(address: str, real_set: RealSet, partial: Partial, progress: bool) -> None:
    """One request for what is missing."""
    if partial.size and partial.size == real_set.bytes:
        return  # it came whole, and the program ended before checking it
    known = partial.version_from(address)
    headers = dict(HEADERS)
    if partial.size and (known or real_set.sha256):  # whatever is joined, the digest would tell
        headers |= {"Range": f"bytes={partial.size}-"} | ({"If-Range": known} if known else {})
    try:
        with requests.get(address, headers=headers, stream=True, timeout=(CONNECT_S, PATIENCE_S)) as response:
            if response.status_code in (206, 416) and not _continues(response, partial, known):
                partial.discard()
                raise SourceError("the archive there has changed since the last attempt", again=True)
            _require_served(response)
            start, total = _extent(response, real_set, partial)
            if start == 0:
                partial.start_over(address, _version(response))
            _receive(response, total, real_set, partial, progress)
    except (requests.RequestException, HTTPError) as error:
        raise _in_words(error) from error


def _version(response: requests.Response) -> str:
    """What tells one version of a file from the next, so that no two are joined; "" if the source does not say."""
    tag = response.headers.get("ETag", "")
    return "" if tag.startswith("W/") else tag or response.headers.get("Last-Modified", "")


def _continues(response: requests.Response, partial: Partial, known: str) -> bool:
    begins = response.headers.get("Content-Range", "").startswith(f"bytes {partial.size}-")
    return begins and (not known or _version(response) in ("", known))


def _require_served(response: requests.Response) -> None:
    """Raise SourceError unless this is the answer that was asked for."""
    status = response.status_code
    if status in (200, 206):
        if response.headers.get("Content-Type", "").startswith("text/html"):
            raise SourceError(_about_page(response.raw.read(2**16)))
        return
    reason = f"{status} {response.reason}"
    if status == 429 or status >= 500:
        wait = _seconds(response.headers.get("Retry-After"))
        if wait > LONGEST_WAIT_S:
            raise SourceError(f"{reason}; it asks to come back in {wait / 60:.0f} minutes")
        raise SourceError(reason, again=True, wait=wait)
    raise SourceError(reason)


def _seconds(retry_after: str | None) -> float:
    """Of a Retry-After header, which holds seconds or a date."""
    try:
        return Retry().parse_retry_after(retry_after) if retry_after else 0.0
    except HTTPError:
        return 0.0


def _about_page(start: bytes) -> str:
    """A portal's page, a quota's, or a login's, which all come with status 200."""
    title = re.search(rb"<title[^>]*>(.*?)</title", start, re.DOTALL | re.IGNORECASE)
    named = f", {html.unescape(title[1].decode(errors='replace')).strip()[:80]!r}" if title else ""
    return f"a page came in place of the archive{named}"


def _extent(response: requests.Response, real_set: RealSet, partial: Partial) -> tuple[int, int]:
    """Where the answer begins in the archive and where it ends, 0 if nobody knows."""
    start = partial.size if response.status_code == 206 else 0
    length = response.headers.get("Content-Length", "")
    total = start + int(length) if length.isdigit() else real_set.bytes
    if real_set.bytes and total != real_set.bytes:
        raise SourceError(f"its archive has {total:,} bytes, and the set's has {real_set.bytes:,}")
    _require_space(partial.path.parent, total - start)
    return start, total


def _receive(response: requests.Response, total: int, real_set: RealSet, partial: Partial, progress: bool) -> None:
    """Append what comes.  Raises SourceError for too much or too little of it."""
    start = partial.size
    with (
        _byte_bar(f"Fetching {real_set.title}", total, progress, start) as bar,
        partial.path.open("ab") as file,
    ):
        for portion in _portions(response):
            if start == file.tell() == 0 and b"<" in portion[:1]:
                raise SourceError(_about_page(portion))
            file.write(portion)
            bar.update(len(portion))
            if file.tell() > (total or MOST_BYTES):
                raise SourceError(f"more than {total or MOST_BYTES:,} bytes came")
    if partial.size < total:
        raise SourceError(f"the connection closed after {partial.size:,} of {total:,} bytes", again=True)


def _byte_bar(what: str, total: int, show: bool, start: int = 0) -> tqdm:
    """With rate and time left; without those where nobody knows the total."""
    return progress_bar(
        show=show, desc=what, initial=start, total=total or None, unit="B", unit_scale=True, leave=False
    )


def _portions(response: requests.Response) -> Iterator[bytes]:
    """The bytes as they come.  Raises SourceError where they all but cease."""
    since, came = time.monotonic(), 0
    while portion := response.raw.read1(PORTION):
        yield portion
        came += len(portion)
        if (passed := time.monotonic() - since) > PATIENCE_S:
            if came < SLOWEST * passed:
                raise SourceError(f"it all but stopped: {came:,} bytes in {passed:.0f} s", again=True)
            since, came = time.monotonic(), 0


def _in_words(error: Exception) -> SourceError:
    """The reason of a failed request, and whether it may pass."""
    text = str(error)
    if isinstance(error, requests.exceptions.SSLError) or "SSLError" in text:
        return SourceError("its certificate is not accepted, or it does not speak TLS")
    if isinstance(error, requests.TooManyRedirects):
        return SourceError("it redirects in a circle")
    if "NameResolutionError" in text:
        return SourceError("no such host, or no network")
    if "Connection refused" in text or "WinError 10061" in text:
        return SourceError("the connection was refused")
    if isinstance(error, requests.Timeout) or "timed out" in text:
        return SourceError("it stopped answering", again=True)
    if "IncompleteRead" in text:
        return SourceError("the connection closed before all bytes had come", again=True)
    return SourceError(f"the connection broke ({type(error).__name__})", again=isinstance(error, OSError | HTTPError))


def _copy(path: Path, real_set: RealSet, partial: Partial, progress: bool) -> None:
    """The archive from a file on this machine."""
    if not path.is_file():
        raise SourceError("there is no such file, and an address begins with http:// or https://")
    total = path.stat().st_size
    _require_space(partial.path.parent, total)
    partial.start_over(str(path), version="")
    with (
        _byte_bar("Copying", total, progress) as bar,
        path.open("rb") as source,
        partial.path.open("wb") as target,
    ):
        while portion := source.read(PORTION):
            target.write(portion)
            bar.update(len(portion))


# --- Is it the set? ---------------------------------------------------------------------------------------------------


def _require_the_set(real_set: RealSet, partial: Partial, progress: bool) -> None:
    """Raise NotTheSet, and forget what came, unless it is the set.  Writes down a digest that nobody knew."""
    try:
        digest = _sha256(partial.path, progress)
        if real_set.sha256 and digest != real_set.sha256:
            raise SourceError("what came is another file: its digest is not the set's")
        first = partial.first_digest()
        if first and not real_set.sha256 and first != digest:
            raise SourceError(
                f"what came is not what came the first time; if the makers changed it, delete {partial.digest.name}"
            )
        _require_pictures(partial.path, real_set, read_all=not real_set.sha256)
    except (SourceError, CourseError) as error:
        partial.discard()
        raise NotTheSet(str(error).replace(partial.path.name, real_set.archive)) from error
    if not real_set.sha256:
        partial.digest.write_text(f"{digest}  {real_set.archive}\n", encoding="utf-8")


def _sha256(path: Path, progress: bool) -> str:
    digest = hashlib.sha256()
    with _byte_bar("Checking", path.stat().st_size, progress) as bar, path.open("rb") as file:
        while portion := file.read(PORTION):
            digest.update(portion)
            bar.update(len(portion))
    return digest.hexdigest()


def _require_pictures(path: Path, real_set: RealSet, read_all: bool) -> None:
    """Raise an error unless it opens safely and holds what it should; `read_all` looks at every picture, not at one."""
    pictures = open_pictures(path)
    parts: dict[str, list[str]] = {part: [] for part in real_set.pictures}
    for name in pictures.names:
        for folder in ("all", *PurePosixPath(name).parts[:-1]):
            if folder in parts:
                parts[folder].append(name)
    for part, wanted in real_set.pictures.items():
        if len(parts[part]) != wanted:
            raise SourceError(f"{path.name} holds {len(parts[part]):,} pictures in {part}, and not {wanted:,}")
    for name in pictures.names if read_all else [names[0] for names in parts.values()]:
        read_picture(pictures, name)


def _require_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed + SPARE_BYTES > free:
        raise CourseError(
            f"{megabytes(needed)} are to come and {megabytes(free)} are free in {folder}. Make room, or choose another "
            "folder: --to DIR, to=…, or GANCOURSE_DATA for all that the course does."
        )


# --- What went wrong, and the ways on ---------------------------------------------------------------------------------


def _about_failure(real_set: RealSet, partial: Partial, tried: dict[str, str]) -> str:
    reasons = "".join(f"\n  {address}\n    {why}" for address, why in tried.items())
    kept = f", and goes on from the {megabytes(partial.size)} that have come" if partial.size else ""
    return (
        f"{real_set.title} could not be fetched. Tried:{reasons}\nThree ways on:\n"
        f"  Later: the same call tries again{kept}.\n"
        f"  By hand: a browser may get further at one of these addresses, or from {real_set.page}. Name the file that\n"
        f"    it saves: --from FILE, or source=FILE. What lies in {partial.path.parent} under the name\n"
        f"    {real_set.archive} is used as it is, unchecked.\n"
        "  Without it: every lesson goes on with pictures drawn by code, which need no network."
    )


def _about_disk(error: OSError, folder: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk of {folder} is full. Make room and call again: what has come is kept."
    return f"{folder} cannot be written to ({error.strerror or error}). Choose another folder: --to DIR, or to=…"
