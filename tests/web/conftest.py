"""The real server in a thread, over the starter archive."""

from __future__ import annotations

import gc
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

import corpus
from rag.archive.ingest import ingest
from rag.config import Config, load
from rag.pipeline import Pipeline
from web.page import STARTER, build
from web.serve import Serving, _bound, make_app, rules_for, server_config
from web.service import Service

Served = Callable[..., AbstractContextManager["Running"]]


class Running:
    """A server that runs, and a client of it."""

    def __init__(self, address: str, service: Service) -> None:
        self.address = address
        self.service = service
        self.http = httpx.Client(base_url=address, timeout=60)

    def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        return self.http.post(path, json=body, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.http.get(path, **options)


@pytest.fixture(scope="session")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Return the Config of an archive of the starter articles, made once."""
    config = load({"data": tmp_path_factory.mktemp("starter") / "data"})
    ingest(config, corpus.articles(STARTER))
    return config


@pytest.fixture(scope="session")
def starter_pipeline(starter: Config) -> Iterator[Pipeline]:
    """Yield that archive, open for asking."""
    pipeline = Pipeline.open(starter)
    yield pipeline
    pipeline.close()


@contextmanager
def serving_of(pipeline: Any, config: Config, serving: Serving, page: bool) -> Iterator[Running]:
    import uvicorn

    service = Service(
        pipeline, config, waiting=serving.queue, log_questions=serving.log_questions, runs=serving.runs,
    )  # fmt: skip
    app = make_app(service, rules_for(serving), build(service.queued, find=service.given) if page else None)
    listening = _bound(serving.host, 0)
    server = uvicorn.Server(server_config(app, serving))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    end = time.monotonic() + 30
    while not server.started and time.monotonic() < end:
        time.sleep(0.01)
    assert server.started
    running = Running(f"http://127.0.0.1:{listening.getsockname()[1]}", service)
    try:
        yield running
    finally:
        running.http.close()
        server.should_exit = True
        thread.join(20)
        service.close()
        with warnings.catch_warnings():  # Gradio and its client leave event loops open, and what they hold
            warnings.simplefilter("ignore")
            gc.collect()
        assert not thread.is_alive(), "the server did not stop"


@pytest.fixture(scope="session")
def served(starter: Config, starter_pipeline: Pipeline) -> Served:
    """Return what starts a server: `with served(tokens=("...",)) as server: server.get("/healthz")`."""

    def start(*, page: bool = False, pipeline: Any = None, data: Path | None = None, **settings: Any) -> Any:
        config = load({"data": data}) if data else starter
        return serving_of(pipeline or starter_pipeline, config, Serving(**settings), page)

    return start


@pytest.fixture(scope="session")
def server(served: Served) -> Iterator[Running]:
    """Yield a server with its usual settings, without the page."""
    with served() as running:
        yield running
