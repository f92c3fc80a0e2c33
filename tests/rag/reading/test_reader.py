"""Any passage is read, places stand in it, and weights that can't be used are said. The heads under test are random."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from rag.config import Config, load
from rag.errors import ModelError
from rag.reading import reader as module
from rag.reading.reader import Reader, load_reader
from rag.text.convert import GRAPH_FILE, model_folder, runtime
from rag.text.split import sentences

FERRY = (
    "The ferry Gannet sank on Monday off Harrow Point. Captain Ada Finch said a cracked valve let water in. "
    "The company will raise it in June. Nobody was hurt."
)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of packed weights."""
    random = np.random.default_rng(1)
    packed: dict[str, np.ndarray] = {name: np.frombuffer(b"{}", np.uint8) for name in ("config", "tokenizer")}
    encoder = load_file(str(model_folder() / "model.safetensors"))
    heads = {
        "answer_head.weight": random.normal(size=(2, 384)),
        "answer_head.bias": np.zeros(2),
        "support_head.0.weight": random.normal(size=(384, 768)),
        "support_head.0.bias": np.zeros(384),
        "support_head.2.weight": random.normal(size=(1, 384)),
        "support_head.2.bias": np.zeros(1),
    }
    named = {
        f"encoder.{name}": each
        for name, each in encoder.items()
        if not name.startswith(("pooler", "embeddings.position_ids"))
    }
    for name, given in {**named, **heads}.items():
        value = np.asarray(given, dtype=np.float32)
        if value.ndim == 2:
            scale = np.abs(value).max(axis=1) / 127 + 1e-12
            packed[name], packed[f"{name}.scale"] = np.rint(value / scale[:, None]).astype(np.int8), scale
        else:
            packed[name] = value
    file = tmp_path_factory.mktemp("weights") / "reader.npz"
    np.savez(file, **packed)
    return file


@pytest.fixture(scope="module")
def reader(weights: Path) -> Reader:
    return Reader(weights, weights.parent / "cache")


@pytest.mark.parametrize(
    "passage",
    [
        *(
            "",
            " ",
            "a" * 4_000,
            " ".join(["word"] * 5_000),
            "渡船在周一沉没。",
            "غرقت العبارة يوم الاثنين.",
            "Паром затонул.",
        ),
        *(FERRY, FERRY * 40, FERRY.replace(" ", "") * 40, "\x00😀", "half \ud800 of a pair"),
    ],
    ids=[
        *("empty", "blank", "one letter", "5,000 words", "Chinese", "Arabic", "Cyrillic"),
        *("short", "long", "no spaces", "odd characters", "surrogate"),
    ],
)
def test_any_passage_is_read(reader: Reader, passage: str) -> None:
    (found,) = reader.answers("Why " * 1_000, [passage])
    bounds = sentences(passage)
    assert len(found.sentences) == len(bounds)
    assert all(0 <= each <= 1 for each in found.sentences)
    assert found.answerable == max(found.sentences, default=found.answerable)
    for (low, high), span in zip(bounds, found.spans, strict=True):
        if span:
            begin, end = span
            assert begin < end
            assert begin < high
            assert end > low  # a word piece may reach over a sentence's end


def test_a_passage_is_read_alike_in_any_company(reader: Reader) -> None:
    (alone,) = reader.answers("Who is the captain?", [FERRY])
    beside = reader.answers("Who is the captain?", [FERRY * 20, FERRY, "Rain."])[1]
    assert beside.spans == alone.spans
    assert beside.sentences == pytest.approx(alone.sentences, abs=0.1)


def test_nothing_is_borne_out_by_nothing(reader: Reader) -> None:
    some, nothing, silence = reader.supports([("The Gannet sank.", FERRY), ("The Gannet sank.", ""), ("", FERRY)])
    assert 0 <= some <= 1
    assert nothing == silence == 0


def test_a_question_is_read_to_its_64th_word_piece(reader: Reader) -> None:
    (long,) = reader.answers(("Who was the captain of the ferry? " * 200)[:4_000], [FERRY])
    (short,) = reader.answers(("Who was the captain of the ferry? " * 200)[:400], [FERRY])
    assert long == short


@pytest.mark.parametrize("claim", ["x" * 20_000, "word " * 5_000, "渡船沉没。", "Did it sink?", "half \ud800", "\0"])
@pytest.mark.parametrize("evidence", [FERRY, "word " * 5_000, "渡船在周一沉没。", "\ud800", FERRY.replace(" ", "")])
def test_any_claim_is_read_beside_any_evidence(reader: Reader, claim: str, evidence: str) -> None:
    (chance,) = reader.supports([(claim, evidence)])
    assert 0 <= chance <= 1


def test_a_reader_is_converted_once(weights: Path, reader: Reader) -> None:
    assert [folder.name.split("-")[0] for folder in (weights.parent / "cache").iterdir()] == ["reader"]


@pytest.mark.parametrize("content", [b"", b"no archive", None], ids=["empty", "text", "missing"])
def test_weights_that_can_not_be_used_are_said(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "reader.npz"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(
        ModelError, match=r"can't read .*reader\.npz .*; make it with scripts/reader/pack\.py, or set reader = none"
    ):
        Reader(file, tmp_path / "cache")
    assert not any((tmp_path / "cache").glob("*")), "nothing was made of them"


def test_other_weights_are_said(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", weight=np.zeros(3, dtype=np.float32))
    with pytest.raises(ModelError, match=r"holds other weights than a reader's"):
        Reader(tmp_path / "other.npz", tmp_path / "cache")


@pytest.mark.parametrize("content", [b"", b"no archive", None], ids=["empty", "text", "missing"])
def test_shipped_weights_that_can_not_be_used_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    file = tmp_path / "reader.npz"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setattr(module, "ANSWERING", file)
    monkeypatch.setitem(module.SHIPPED, file, "0" * 64)
    told = r"^can't read .*reader\.npz" if content is None else r"^.*reader\.npz is not the published model"
    with pytest.raises(ModelError, match=told + r" .*; install Dateline anew, or set reader = none$"):
        load_reader(Config(cache=tmp_path / "cache"))
    assert not any((tmp_path / "cache").glob("*")), "nothing was made of them"


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("damage", ["scribble", "truncate", "remove"])
def test_a_damaged_cache_is_mended(weights: Path, reader: Reader, tmp_path: Path, damage: str) -> None:
    (good,) = (weights.parent / "cache").iterdir()
    shutil.copytree(good, tmp_path / good.name)
    graph = tmp_path / good.name / GRAPH_FILE[runtime()]
    largest = max((tmp_path / good.name).iterdir(), key=lambda file: file.stat().st_size)
    if damage == "scribble":
        graph.write_text("not a graph")
    elif damage == "truncate":
        os.truncate(largest, largest.stat().st_size // 2)
    else:
        graph.unlink()
    mended = Reader(weights, tmp_path)
    assert mended.answers("Who?", [FERRY])[0].spans == reader.answers("Who?", [FERRY])[0].spans
    assert [folder.name for folder in tmp_path.iterdir()] == [good.name], "nothing is left lying about"


READ = "import sys; from pathlib import Path; from rag.reading.reader import Reader; " + (
    "print(Reader(Path(sys.argv[1]), Path(sys.argv[2])).supports([('It sank.', 'It did.')]))"
)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_two_processes_may_convert_at_once(weights: Path, tmp_path: Path) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", READ, str(weights), str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in "ab"
    ]
    printed = [process.communicate()[0] for process in started]
    assert [process.returncode for process in started] == [0, 0]
    assert printed[0] == printed[1] != ""
    (folder,) = tmp_path.iterdir()
    assert (folder / GRAPH_FILE[runtime()]).is_file()


def test_none_is_loaded_where_none_is_named() -> None:
    assert load_reader(load({"reader": "none"})) is None
