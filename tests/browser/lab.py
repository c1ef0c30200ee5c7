"""JupyterLab and a headless Chromium, as far as the lessons' tests need them."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Self

from playwright.sync_api import Locator, Page, Route, expect, sync_playwright

NOTEBOOK_SETTINGS = {
    # Every cell stays in the page, so that a locator sees all of them, wherever the page is scrolled to.
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
SERVER_OPTIONS = (
    *("--no-browser", "--allow-root", "--ip=127.0.0.1", "--ServerApp.port_retries=0"),
    *("--IdentityProvider.token=", "--ServerApp.password="),
    *("--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"),
    "--LabApp.extension_manager=readonly",
)
BROWSER_OPTIONS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Lab:
    """A JupyterLab server on 127.0.0.1 over one folder, with all configuration in another, and a browser page on it."""

    def __init__(self, chromium: str, work: Path, configuration: Path) -> None:
        self.work = work
        self.chromium = chromium
        self.configuration = configuration
        self.external_requests: list[str] = []

    def __enter__(self) -> Self:
        for name, settings in NOTEBOOK_SETTINGS.items():
            path = self.configuration / "settings" / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(settings))
        folders = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "ipython",
        }
        environment = os.environ | {name: str(self.configuration / folder) for name, folder in folders.items()}
        environment |= {"GANCOURSE_PROFILE": "smoke", "GANCOURSE_PROGRESS": "0", "OMP_NUM_THREADS": "1"}
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.log = self.configuration / "server.log"
        with self.log.open("wb") as log:
            self.server = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "jupyterlab",
                    *SERVER_OPTIONS,
                    f"--port={port}",
                    f"--ServerApp.root_dir={self.work}",
                ],
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_for_server(seconds=60)
            self._playwright = sync_playwright().start()
            self._browser = self._playwright.chromium.launch(
                executable_path=self.chromium,
                args=BROWSER_OPTIONS,
            )
            self.page: Page = self._browser.new_page(viewport={"width": 1280, "height": 900})
            # As on a machine with no network, wherever the tests run.
            self.page.route(self._is_external, self._refuse)
        except BaseException:
            self._stop_server()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self._browser.close()
        self._playwright.stop()
        self._stop_server()

    def open(self, name: str) -> "OpenNotebook":
        """Open a notebook of the work folder and wait until its kernel can run something."""
        self.page.goto(f"{self.address}/lab/tree/{name}?reset")
        panel = self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
        panel.wait_for(timeout=60_000)
        # The toolbar's indicator says idle before the kernel is connected, and Run All then silently does nothing.
        expect(self.page.locator("#jp-main-statusbar")).to_contain_text(re.compile(r"\| Idle"), timeout=60_000)
        return OpenNotebook(self.page, panel)

    def _is_external(self, url: str) -> bool:
        return not url.startswith((self.address, "data:", "blob:"))

    def _refuse(self, route: Route) -> None:
        self.external_requests.append(route.request.url)
        route.abort()

    def _wait_for_server(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.server.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.address}/api", timeout=5):
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"JupyterLab did not start:\n{self.log.read_text()}")

    def _stop_server(self) -> None:
        # The kernels are children of the server: on SIGTERM it ends them before itself.
        self.server.terminate()
        try:
            self.server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(self.server.pid, signal.SIGKILL)
            self.server.wait()


class OpenNotebook:
    """A notebook in the page: run it, read it, find its widgets."""

    def __init__(self, page: Page, panel: Locator) -> None:
        self.page = page
        self.panel = panel
        # JupyterLab draws an error as it draws stderr; the traceback tells it from a warning.
        self.errors = panel.locator('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]').filter(
            has_text="Traceback (most recent call last)"
        )

    def run_all(self, seconds: float) -> None:
        """Run every cell, and return when the last has run or the first has failed.

        The notebook must have been opened with no execution counts, since a cell that has run is known by its own.
        """
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        prompts = self.panel.locator(".jp-CodeCell .jp-InputPrompt")
        end = time.monotonic() + seconds
        while True:
            if self.errors.count():
                raise AssertionError(f"a cell failed:\n{self.errors.first.inner_text()}")
            # A folded cell shows no prompt.
            texts = [text for text in prompts.all_text_contents() if text]
            if texts and all(re.fullmatch(r"\[\d+\]:", text) for text in texts) and self.idle():
                return
            if time.monotonic() > end:
                raise AssertionError(f"not finished after {seconds:.0f} s; the prompts are {texts}")
            self.page.wait_for_timeout(200)

    def idle(self) -> bool:
        return "| Idle" in self.page.locator("#jp-main-statusbar").inner_text()

    def widget(self, number: int = 0) -> "LessonWidget":
        """The lesson's widget of that number, counted from 0 down the page."""
        outputs = self.panel.locator(".jp-OutputArea-output").filter(has=self.page.locator(".gancourse-summary"))
        return LessonWidget(self.page, outputs.nth(number))


class LessonWidget:
    """One widget as every lesson has them: controls, a picture, and a summary that says the picture in words."""

    def __init__(self, page: Page, output: Locator) -> None:
        self.page = page
        self.output = output
        self.summary = output.locator(".gancourse-summary")
        self.picture = output.locator("img.gancourse-picture")
        self.slider = output.locator(".noUi-handle").first

    def press(self, key: str) -> None:
        """Focus the first slider and press a key, as someone without a mouse would."""
        self.slider.scroll_into_view_if_needed()
        self.slider.focus()
        self.page.keyboard.press(key)

    def pixels(self) -> str:
        """The picture as the browser has drawn it, as a data URL.  (Its address changes with every message.)"""
        return str(
            self.picture.evaluate(
                """async (image) => {
                    await image.decode();
                    const canvas = document.createElement('canvas');
                    canvas.width = image.naturalWidth;
                    canvas.height = image.naturalHeight;
                    canvas.getContext('2d').drawImage(image, 0, 0);
                    return canvas.toDataURL();
                }"""
            )
        )

    def wait_for_change(self, summary: str, pixels: str, seconds: float = 10) -> None:
        """Wait until both the summary and the picture differ from those given."""
        expect(self.summary).not_to_have_text(summary, timeout=seconds * 1000)
        end = time.monotonic() + seconds
        while self.pixels() == pixels:
            if time.monotonic() > end:
                raise AssertionError("the summary changed and the picture did not")
            self.page.wait_for_timeout(100)
