"""The wheel, installed outside the checkout: the command line, the starter archive and the page with its style work.

No network: it is built by the setuptools that is installed, and the dependencies are those of the environment of the tests.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag import __version__

pytestmark = [pytest.mark.slow, pytest.mark.timeout(500)]
ROOT = Path(__file__).parents[1]
HOUSE = ("rag", "corpus", "eval", "cli", "web", "seeds")
BESIDE = ("app.py", "pyproject.toml", "README.md", "LICENSE")


def run(*command: object, cwd: Path, env: dict[str, str]) -> str:
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, env=env, capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that has nothing to do with the checkout."""
    return tmp_path_factory.mktemp("elsewhere")


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """Return an environment that leads to no checkout."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Path:
    """Return the wheel, built from a copy of the checkout."""
    copy = tmp_path_factory.mktemp("copy")
    for part in HOUSE:
        shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in BESIDE:
        shutil.copy(ROOT / file, copy)
    build = "import setuptools.build_meta as backend; print(backend.build_wheel('dist'))"
    name = run(sys.executable, "-c", build, cwd=copy, env=environment).split()[-1]
    return copy / "dist" / name


@pytest.fixture(scope="module")
def binaries(wheel: Path, elsewhere: Path, environment: dict[str, str]) -> Path:
    """Return the folder of programs of a new virtual environment with the wheel in it, and the dependencies in sight."""
    venv = elsewhere / "venv"
    run(sys.executable, "-m", "venv", venv, cwd=elsewhere, env=environment)
    python = venv / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=elsewhere, env=environment)
    [own] = run(
        python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=elsewhere, env=environment
    ).split()
    # Python reads no .pth file in a folder that such a file names, so an editable install of the checkout stays out of sight.
    (Path(own) / "dependencies.pth").write_text(
        sysconfig.get_path("purelib") + "\n" + sysconfig.get_path("platlib") + "\n"
    )
    return venv / "bin"


def test_every_file_of_every_package_is_in_the_wheel(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    there = {p.relative_to(ROOT).as_posix() for part in HOUSE for p in (ROOT / part).rglob("*") if p.is_file()}
    assert {name for name in there | {"app.py"} if "__pycache__" not in name} - packed == set()


def test_nothing_is_of_the_checkout(binaries: Path, elsewhere: Path, environment: dict[str, str]) -> None:
    places = (
        "import rag, corpus, eval, cli.main, web.page, seeds, app; print(rag.__file__, app.__file__, *seeds.__path__)"
    )
    told = run(binaries / "python", "-c", places, cwd=elsewhere, env=environment).split()
    assert all(Path(place).is_relative_to(elsewhere) for place in told)
    assert run(binaries / "dateline", "--version", cwd=elsewhere, env=environment) == f"{__version__}\n"


@pytest.fixture(scope="module")
def served(binaries: Path, elsewhere: Path, environment: dict[str, str]) -> Iterator[str]:
    """Yield the address of the page, which reads the starter articles into an archive of its own."""
    command = [binaries / "dateline", "serve", "--no-browser", "--port", "7894", "--data", elsewhere / "data"]
    with (elsewhere / "log").open("w") as log:
        server = subprocess.Popen([*map(str, command)], cwd=elsewhere, env=environment, stdout=log, stderr=log)
    end = time.monotonic() + 200
    while "Dateline is at" not in (told := (elsewhere / "log").read_text()):
        assert server.poll() is None and time.monotonic() < end, told
        time.sleep(0.2)
    yield "http://127.0.0.1:7894/"
    server.send_signal(signal.SIGINT)
    assert server.wait(60) == 130


def test_the_starter_archive_answers(served: str, binaries: Path, elsewhere: Path, environment: dict[str, str]) -> None:
    asked = "Who is the acting harbour master of Orrismouth?"
    told = json.loads(
        run(binaries / "dateline", "ask", asked, "--data", elsewhere / "data", "--json", cwd=elsewhere, env=environment)
    )
    assert (told["status"], bool(told["citations"])) == ("answered", True)
    status = run(
        binaries / "dateline", "status", "--data", elsewhere / "data", "--json", cwd=elsewhere, env=environment
    )
    assert json.loads(status)["articles"] == sum(1 for file in (ROOT / "seeds").glob("*/*.md"))


def test_the_page_answers_in_its_style(served: str) -> None:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "install Debian's chromium: apt-get install chromium"
    with sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(color_scheme="light")
        page.goto(served)
        page.fill("#question textarea, #question input", "Who is the acting harbour master of Orrismouth?")
        page.click("#ask")
        page.wait_for_selector(".dl-card mark")
        paper = page.evaluate(
            "getComputedStyle(document.querySelector('.gradio-container')).getPropertyValue('--paper')"
        )
        centred = page.evaluate("getComputedStyle(document.querySelector('.dl-head')).textAlign")
        browser.close()
    assert (paper.strip(), centred) == ("#fbfaf6", "center")
