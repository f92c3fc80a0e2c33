"""In what numbers the embedder computes: int8 only where a measurement says so, and it is remembered for a CPU."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag.config import load
from rag.text import precision as step
from rag.text.convert import converted, runtime
from rag.text.embed import FastEmbedder
from rag.text.precision import SENTENCES, Precision, kept_precision, load_precise, precision

pytestmark = pytest.mark.skipif(runtime() != "openvino", reason="OpenVINO alone has other forms than float32")
Batches = list[dict[str, "np.ndarray[Any, Any]"]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copied = tmp_path_factory.mktemp("model") / "model"
    shutil.copytree(
        converted(load(folder=Path("no such folder")).cache), copied, ignore=lambda *_: ["int8", step._FILE]
    )
    return copied


@pytest.fixture
def without_bfloat16(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(step, "cpu", lambda: ("a CPU without it", False))
    yield


@pytest.fixture(scope="module")
def batches(folder: Path) -> Batches:
    embedder = FastEmbedder(load(folder=Path("no such folder")).cache)
    return [dict(inputs) for _, inputs in embedder._batches(SENTENCES)]


def test_where_the_cpu_has_bfloat16_nothing_is_measured(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "cpu", lambda: ("a CPU with it", True))
    assert precision(folder, lambda: pytest.fail("measured")).numbers == "bfloat16"
    assert kept_precision(folder) == Precision("bfloat16", "a CPU with it")
    assert not (folder / "int8").exists()


def test_elsewhere_it_is_measured_once(folder: Path, batches: Batches, without_bfloat16: None) -> None:
    chosen = precision(folder, lambda: batches)
    assert chosen.cpu == "a CPU without it" and chosen.faster and chosen.cosine
    assert chosen.numbers == ("int8" if chosen.faster >= step.FASTER and chosen.cosine >= step.NEAR else "float32")
    assert precision(folder, lambda: pytest.fail("measured again")) == chosen
    assert f"int8 {chosen.faster:g} times as fast" in chosen.told()


@pytest.mark.parametrize(("bound", "value"), [("FASTER", 1e6), ("NEAR", 1.1)])
def test_int8_that_is_no_faster_or_not_near_is_not_taken(
    bound: str, value: float, folder: Path, batches: Batches, without_bfloat16: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step, bound, value)
    (folder / step._FILE).unlink(missing_ok=True)
    assert precision(folder, lambda: batches[:1]).numbers == "float32"


def test_int8_that_does_not_run_is_not_taken(
    folder: Path, batches: Batches, without_bfloat16: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object, **__: object) -> Any:
        def infer(_: object) -> Any:
            raise RuntimeError("could not create a primitive")

        return infer

    monkeypatch.setattr(step, "load_precise", refuses)
    (folder / step._FILE).unlink(missing_ok=True)
    assert precision(folder, lambda: batches) == Precision("float32", "a CPU without it")


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"numbers": "int8"}', "\xff"])
def test_what_was_kept_and_can_not_be_read_is_as_if_it_were_not_there(text: str, tmp_path: Path) -> None:
    (tmp_path / step._FILE).write_text(text, encoding="latin-1")
    assert kept_precision(tmp_path) is None


def test_int8_vectors_are_near_the_others(folder: Path, batches: Batches, without_bfloat16: None) -> None:
    precision(folder, lambda: batches[:1])
    small, plain = load_precise(folder, "int8"), load_precise(folder, "float32")
    for batch in batches:
        one, other = small(batch)[0], plain(batch)[0]
        assert (one * other).sum(axis=1).min() >= 0.99
        assert not np.array_equal(one, other)
