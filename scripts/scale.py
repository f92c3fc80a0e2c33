"""How the search grows: passages against latency, memory and what the vector index misses. Writes docs/scale.png and a table.

    python scripts/scale.py DATA QUESTIONS.jsonl [SIZE ...]

DATA is an archive. Past its own passages it is repeated with the sentences of each passage shuffled and their vectors moved (by
noise three tenths as long): what lies beyond the real data is like news, and is not news. Each size has a process of its own.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from rag.archive.catalog import Catalog
from rag.archive.index import Archive
from rag.archive.lock import writer_lock
from rag.archive.rows import Embedded
from rag.config import load
from rag.pipeline import Pipeline
from rag.search.weights import SearchWeights
from rag.text.embed import load_embedder
from rag.text.split import sentences
from rag.types import Article, Chunk

SIZES = (10_000, 30_000, 100_000, 300_000)
NOISE = 0.3
QUESTIONS = 300


def build(source: Path, folder: Path, size: int) -> None:
    """Make an archive of at least `size` passages in `folder`."""
    archive = Archive.open(load({"data": folder}), write=True)
    with writer_lock(folder, doing="scale"):
        held = 0
        for article, passages in _articles(source):
            archive.catalog.put(article, passages)
            held += len(passages)
            if held >= size:
                break
        archive.sync()
    archive.close()


def _articles(source: Path) -> Iterator[tuple[Article, list[Embedded]]]:
    """Yield the articles of `source` with their passages, then changed copies of them without end."""
    catalog = Catalog.open(source / "catalog.sqlite3", write=False)
    keys: dict[str, list[int]] = {}
    for page in catalog.added_since(-1):
        for key, (chunk, _) in catalog.passages([entry.key for entry in page]).items():
            keys.setdefault(chunk.article_id, []).append(key)
    for name in keys:
        yield _read(catalog, keys[name])
    draw, noise, turn = random.Random(0), np.random.default_rng(0), 0
    while True:
        turn += 1
        for name in keys:
            article, passages = _read(catalog, keys[name])
            copy, at, texts, changed = f"{name}-{turn}", 0, list[str](), list[Embedded]()
            for n, passage in enumerate(passages):
                order = list(range(len(passage.sentences)))
                draw.shuffle(order)
                told = [article.text[slice(*passage.sentences[i])] for i in order]
                ends = list(accumulate((len(each) + 1 for each in told), initial=at))
                spans = [(start, start + len(each)) for start, each in zip(ends, told, strict=False)]
                text = " ".join(told)
                chunk = Chunk(f"{copy}-{n}", copy, at, at + len(text), text)
                changed.append(Embedded(chunk, spans, _moved(passage.vectors[order], noise)))
                texts.append(text)
                at += len(text) + 2
            times = {"published_at": article.published_at}
            yield Article(copy, None, article.title, article.source, "\n\n".join(texts), copy, **times), changed


def _read(catalog: Catalog, keys: list[int]) -> tuple[Article, list[Embedded]]:
    """Return an article with the passages of `keys`."""
    owners, vectors = catalog.sentences(keys)
    owned, passages, found = np.asarray(owners), [], catalog.passages(keys)
    for key in keys:
        chunk, article = found[key]
        spans = [(chunk.start + start, chunk.start + end) for start, end in sentences(chunk.text)]
        passages.append(Embedded(chunk, spans, vectors[owned == key]))
    return article, passages


def _moved(vectors: Any, noise: np.random.Generator) -> Any:
    moved = noise.normal(size=vectors.shape).astype(np.float32)
    moved *= NOISE / np.linalg.norm(moved, axis=1, keepdims=True)
    moved += vectors
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)


def measure(folder: Path, questions: Path) -> dict[str, float]:
    """Return latency, memory and recall of the archive in `folder`, asked in this process."""
    rows = [json.loads(line) for line in questions.read_text(encoding="utf-8").splitlines()]
    asked = [row["question"] for row in rows][:QUESTIONS]
    config = load({"data": folder})
    with_models = Pipeline.open(config)
    with_models.search(asked[0])
    times = []
    for question in asked:
        start = time.perf_counter()
        with_models.search(question)
        times.append((time.perf_counter() - start) * 1e3)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    passages = with_models.archive.catalog.passage_count()
    vectors = load_embedder(config).embed(asked)
    everything = with_models.archive.catalog.vectors((None, None), None, passages)
    assert everything
    keys, matrix = np.asarray(everything[0]), everything[1]
    recall = []
    with with_models.archive.reading() as indexes:
        for vector in vectors:
            nearest = set(keys[np.argpartition(-(matrix @ vector), 50)[:50]].tolist())
            found = {key for key, _ in indexes.vectors.search(vector, SearchWeights().depth)[:50]}
            recall.append(len(nearest & found) / 50)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return {
        "passages": passages,
        "p50": float(np.percentile(times, 50)),
        "p95": float(np.percentile(times, 95)),
        "peak": peak,
        "disk": size / 1e6,
        "recall": float(np.mean(recall)),
    }


def draw(found: list[dict[str, float]], real: int, out: Path) -> None:
    """Draw latency and memory over the number of passages."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    sizes = [row["passages"] for row in found]
    left.plot(sizes, [row["p50"] for row in found], "o-", color="#8c1c13", label="median")
    left.plot(sizes, [row["p95"] for row in found], "o--", color="#8c1c13", label="95th percentile")
    left.set_ylabel("search, ms")
    right.plot(sizes, [row["peak"] for row in found], "o-", color="#2f4858", label="peak memory, MiB")
    right.set_ylabel("MiB")
    for axes in (left, right):
        axes.axvspan(real, max(sizes) * 1.2, color="0.93", zorder=0)
        axes.set(xscale="log", xlabel="passages (grey: past the real data)", xlim=(min(sizes) / 1.2, max(sizes) * 1.2))
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(out, dpi=130)


def main() -> None:
    """Build, measure and draw every size."""
    if sys.argv[1] == "--measure":
        print(json.dumps(measure(Path(sys.argv[2]), Path(sys.argv[3]))))
        return
    source, questions = Path(sys.argv[1]), Path(sys.argv[2])
    found = []
    print("| passages | search p50, ms | p95, ms | peak memory, MiB | on disk, MB | recall@50 of the vector index |")
    print("|---|---|---|---|---|---|")
    for size in [int(text) for text in sys.argv[3:]] or SIZES:
        with tempfile.TemporaryDirectory() as folder:
            build(source, Path(folder), size)
            told = subprocess.run(
                [sys.executable, __file__, "--measure", folder, str(questions)],
                check=True,
                capture_output=True,
                text=True,
            )
        row = json.loads(told.stdout)
        found.append(row)
        print(
            f"| {row['passages']:,.0f} | {row['p50']:.1f} | {row['p95']:.1f} | {row['peak']:,.0f} | {row['disk']:,.0f} "
            f"| {row['recall']:.3f} |",
            flush=True,
        )
    catalog = Catalog.open(source / "catalog.sqlite3", write=False)
    draw(found, catalog.passage_count(), Path(__file__).parent.parent / "docs" / "scale.png")
    catalog.close()


if __name__ == "__main__":
    main()
