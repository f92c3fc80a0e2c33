"""Texts to unit vectors: the fake, the fast path, and any sentence-transformers model."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.config import Config, load
from rag.errors import DatelineError, ModelError
from rag.text.convert import GRAPH_FILE, Runtime, converted, model_folder, runtime
from rag.text.embed import FastEmbedder, SentenceTransformerEmbedder, StubEmbedder, load_embedder
from rag.types import Embedder

TEXTS = [
    "The ferry Gannet sank off Orrismouth on Friday with 41 people on board.",
    "Mayor Tobias Finch resigned because the council rejected his budget.",
    "A short one",
    "",
    "Élodie Brûlé 🛳 — “naïve”?",
    "The harbour was closed for repairs. " * 30,
]
WORDS = st.text(st.characters(codec="utf-8"), max_size=200)


def lengths(vectors: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    return np.linalg.norm(vectors.astype(np.float64), axis=1)


# -- the fake --------------------------------------------------------------------------------------------------------


@given(st.lists(WORDS, max_size=5))
def test_the_fake_gives_unit_vectors_in_order(texts: list[str]) -> None:
    embedder = StubEmbedder()
    vectors = embedder.embed(texts)
    assert (vectors.shape, vectors.dtype) == ((len(texts), 64), np.float32)
    np.testing.assert_allclose(lengths(vectors), 1, atol=1e-6)
    for text, vector in zip(texts, vectors, strict=True):
        np.testing.assert_array_equal(embedder.embed([text])[0], vector)


def test_the_fake_is_the_same_in_every_process() -> None:
    script = f"from rag.text.embed import StubEmbedder; print(StubEmbedder().embed({TEXTS!r}).tobytes().hex())"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert outputs == {StubEmbedder().embed(TEXTS).tobytes().hex().encode() + b"\n"}


def test_the_fake_puts_texts_that_share_words_near_each_other() -> None:
    ferry, sunk, mayor = StubEmbedder().embed(["the ferry sank", "The FERRY sank!", "a mayor resigned"])
    assert ferry @ sunk == pytest.approx(1)
    assert ferry @ mayor < 0.5


# -- which one -------------------------------------------------------------------------------------------------------


def test_the_config_names_the_embedder(config: Config) -> None:
    assert load_embedder(config).name == "stub"


# -- the fast path ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cache() -> Path:
    """Return the user's own cache, so that a machine converts the model once, not once a test run."""
    return load(folder=Path("no such folder")).cache


@pytest.fixture(scope="module")
def fast(cache: Path) -> FastEmbedder:
    return FastEmbedder(cache)


def test_the_default_is_the_fast_one(cache: Path) -> None:
    embedder = load_embedder(Config(cache=cache))
    assert isinstance(embedder, FastEmbedder)
    assert (embedder.name, embedder.dim, embedder.max_tokens) == ("all-MiniLM-L6-v2", 384, 254)


def test_nothing_gives_no_rows(fast: FastEmbedder) -> None:
    vectors = fast.embed([])
    assert (vectors.shape, vectors.dtype) == ((0, 384), np.float32)
    assert fast.count_tokens([]) == []


def test_rows_are_unit_vectors_in_order(fast: FastEmbedder) -> None:
    vectors = fast.embed(TEXTS * 4)
    assert (vectors.shape, vectors.dtype) == ((24, 384), np.float32)
    np.testing.assert_allclose(lengths(vectors), 1, atol=5e-3)
    for text, vector in zip(TEXTS, vectors, strict=False):
        assert fast.embed([text])[0] @ vector > 0.999, text


def test_many_texts_on_all_cores_get_what_each_gets_alone(fast: FastEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"{text} {n}" for n in range(40) for text in TEXTS]
    alone = fast.embed(texts[:12])
    monkeypatch.setattr("rag.text.embed.cores", lambda: 3)
    together = fast.embed(texts)
    assert (together[:12] * alone).sum(axis=1).min() > 0.999
    assert "_infer_many" in vars(fast), "so few batches go one after another"


def test_meaning_is_near_and_its_absence_far(fast: FastEmbedder) -> None:
    sank, wreck, budget = fast.embed(["The ferry sank.", "A ship went down at sea.", "The council passed its budget."])
    assert sank @ wreck > 0.5 > sank @ budget


def test_text_past_the_window_does_not_count(fast: FastEmbedder) -> None:
    start = "word " * 254
    whole, cut = fast.embed([start + "Something else entirely. " * 1_000, start])
    assert whole @ cut > 0.999
    assert fast.embed(["x" * 100_000]).shape == (1, 384)


@settings(max_examples=20)
@given(st.lists(WORDS, min_size=1, max_size=3))
def test_any_text_can_be_embedded(fast: FastEmbedder, texts: list[str]) -> None:
    vectors = fast.embed(texts)
    assert vectors.shape == (len(texts), 384)
    np.testing.assert_allclose(lengths(vectors), 1, atol=1e-2)


def test_word_pieces_are_counted_without_the_frame_and_without_a_limit(fast: FastEmbedder) -> None:
    assert fast.count_tokens(["", "ferry", "the ferry sank", "word " * 1_000]) == [0, 1, 3, 1_000]


def test_several_threads_get_what_one_gets(fast: FastEmbedder) -> None:
    from concurrent.futures import ThreadPoolExecutor

    alone = [fast.embed([text])[0] for text in TEXTS]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda text: fast.embed([text])[0], TEXTS * 5))
    for n, vector in enumerate(together):
        assert alone[n % len(TEXTS)] @ vector > 0.999


# -- sentence-transformers -------------------------------------------------------------------------------------------


@pytest.mark.slow  # sentence-transformers takes ten seconds to import
@pytest.mark.timeout(300)
def test_the_fast_one_agrees_with_sentence_transformers(fast: FastEmbedder) -> None:
    reference = SentenceTransformerEmbedder(str(model_folder()))
    assert (reference.dim, reference.max_tokens) == (fast.dim, fast.max_tokens)
    cosines = (reference.embed(TEXTS) * fast.embed(TEXTS)).sum(axis=1)
    assert cosines.min() >= 0.999
    assert reference.count_tokens(TEXTS) == fast.count_tokens(TEXTS)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "nobody/no-such-model",
            "the embedder nobody/no-such-model is not on this machine; run `dateline models fetch ",
        ),
        ("no such folder/at all", "'no such folder/at all' is no folder here and no model's name; "),
        ("/", "/ holds no model that can be the embedder (it has no config.json); "),
    ],
    ids=["hub", "folder", "root"],
)
def test_a_model_that_is_not_there(config: Config, name: str, told: str) -> None:
    with pytest.raises(DatelineError) as error:
        load_embedder(Config(data=config.data, cache=config.cache, embedder=name))
    assert str(error.value).startswith(told)
    assert "\n" not in str(error.value)


def test_a_name_never_asks_the_hub(config: Config, reached: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    with pytest.raises(ModelError):
        load_embedder(Config(data=config.data, cache=config.cache, embedder="nobody/no-such-model"))
    assert reached == []


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a sentence-transformers model of random weights: 16 dimensions, a window of 32."""
    pytest.importorskip("sentence_transformers")
    from sentence_transformers import SentenceTransformer, models
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "ferry", "sank", "mayor", "resigned", "."]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n")
    BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder / "bert")
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    BertModel(BertConfig(vocab_size=len(words), max_position_embeddings=32, **sizes)).save_pretrained(folder / "bert")
    word_model = models.Transformer(str(folder / "bert"), max_seq_length=32)
    model = SentenceTransformer(modules=[word_model, models.Pooling(16)])
    model.save(str(folder / "model"))
    return folder / "model"


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")  # from making the tiny model
def test_any_sentence_transformers_model_by_its_folder(tiny_model: Path, config: Config) -> None:
    embedder: Embedder = load_embedder(Config(data=config.data, cache=config.cache, embedder=str(tiny_model)))
    assert (embedder.name, embedder.dim, embedder.max_tokens) == (str(tiny_model), 16, 30)
    vectors = embedder.embed(["the ferry sank.", "", "mayor " * 200])
    assert (vectors.shape, vectors.dtype) == ((3, 16), np.float32)
    np.testing.assert_allclose(lengths(vectors), 1, atol=1e-5)
    assert embedder.embed([]).shape == (0, 16)
    assert embedder.count_tokens(["the ferry sank.", "", "mayor " * 200]) == [4, 0, 200]


# -- two runtimes, one cache -----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_both_runtimes_agree(cache: Path) -> None:
    pytest.importorskip("openvino")
    pytest.importorskip("onnx")
    one, other = FastEmbedder(cache, use="openvino").embed(TEXTS), FastEmbedder(cache, use="onnx").embed(TEXTS)
    assert (one * other).sum(axis=1).min() >= 0.999


def _truncate(folder: Path, kind: Runtime) -> None:
    largest = max(folder.iterdir(), key=lambda file: file.stat().st_size)
    os.truncate(largest, largest.stat().st_size // 2)


def _scribble(folder: Path, kind: Runtime) -> None:
    (folder / GRAPH_FILE[kind]).write_text("not a graph")


def _no_graph(folder: Path, kind: Runtime) -> None:
    (folder / GRAPH_FILE[kind]).unlink()


def _no_tokenizer(folder: Path, kind: Runtime) -> None:
    (folder / "tokenizer.json").unlink()


def _empty(folder: Path, kind: Runtime) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


@pytest.mark.slow  # each is a conversion
@pytest.mark.timeout(300)
@pytest.mark.parametrize("damage", [_truncate, _scribble, _no_graph, _no_tokenizer, _empty])
def test_a_damaged_cache_is_mended(
    cache: Path, tmp_path: Path, fast: FastEmbedder, damage: Callable[[Path, Runtime], None]
) -> None:
    kind = runtime()
    good = converted(cache, use=kind)
    copied = tmp_path / good.name
    shutil.copytree(good, copied)
    damage(copied, kind)
    vectors = FastEmbedder(tmp_path).embed(TEXTS)
    assert (vectors * fast.embed(TEXTS)).sum(axis=1).min() >= 0.999
    assert {path.name for path in tmp_path.iterdir()} == {good.name}, "nothing is left lying about"
