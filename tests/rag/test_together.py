"""Several processes at one archive: a page that keeps answering while the command line ingests, and sees what came in."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.config import Config
from rag.pipeline import Pipeline

ROOT = Path(__file__).parents[2]


@pytest.fixture
def pipeline(config: Config, stories_folder: Path) -> Iterator[Pipeline]:
    shutil.copytree(stories_folder, config.data)
    opened = Pipeline.open(Config(data=config.data, embedder="stub", reader="none"))
    yield opened
    opened.close()


def ingest(config: Config, file: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "cli", "ingest", str(file), "--data", str(config.data)]
    environment = {**os.environ, "DATELINE_EMBEDDER": "stub", "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=environment, cwd=file.parent, stdout=subprocess.DEVNULL)


def lines(file: Path, *bodies: str) -> Path:
    records = [
        {"url": f"https://news.example/new-{n}", "title": "News", "source": "Sky Herald", "body": body}
        for n, body in enumerate(bodies)
    ]
    file.write_text("".join(json.dumps(record) + "\n" for record in records))
    return file


def test_a_running_page_sees_what_another_process_commits(pipeline: Pipeline, config: Config, tmp_path: Path) -> None:
    for word in ("zeppelin", "dirigible"):  # a new article, then a changed one
        process = ingest(config, lines(tmp_path / "new.jsonl", f"A {word} landed in Hexley on Monday."))
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up:
            found = any(word in hit.article.text for hit in pipeline.search(f"Where did the {word} land?"))
            if found:
                break
            time.sleep(0.02)
        assert found and process.wait(60) == 0
        assert word in pipeline.ask(f"Where did the {word} land?").text


@pytest.mark.slow
def test_eight_readers_meet_no_error_while_another_process_writes_for_a_minute(
    pipeline: Pipeline, config: Config, tmp_path: Path
) -> None:
    over, errors, asked = threading.Event(), list[BaseException](), [0] * 8

    def read(n: int) -> None:
        while not over.is_set():
            try:
                assert pipeline.ask("Why did Mayor Finch resign?").hits
                asked[n] += 1
            except BaseException as error:
                errors.append(error)
                return

    readers = [threading.Thread(target=read, args=(n,)) for n in range(8)]
    for each in readers:
        each.start()
    start, rounds = time.monotonic(), 0
    while time.monotonic() - start < 60:
        bodies = [f"Report {n} of round {rounds} tells of the harbour. " * 20 for n in range(40)]
        assert ingest(config, lines(tmp_path / "new.jsonl", *bodies)).wait(120) == 0
        rounds += 1
    over.set()
    for each in readers:
        each.join()
    assert not errors, errors[0]
    assert min(asked) > 0 and rounds >= 2


@pytest.mark.slow
def test_a_long_ingest_is_seen_while_it_goes_on(pipeline: Pipeline, config: Config, tmp_path: Path) -> None:
    bodies = [f"Report {n} tells of the zeppelin over Hexley. " * 60 for n in range(3_000)]
    process = ingest(config, lines(tmp_path / "new.jsonl", *bodies))
    seen = 0
    while process.poll() is None:
        seen += any("zeppelin" in hit.article.text for hit in pipeline.search("Where was the zeppelin?"))
        time.sleep(0.1)
    assert process.returncode == 0 and seen > 3
