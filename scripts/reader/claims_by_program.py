"""Claims made by program: SQuAD's questions with their answers put in, and real news sentences with planted faults."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reader_data import Passage, Pool, content_words, load_tokenizer, nearest, read_rows, split_text

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?!\w)")
_NUMBER_WORD = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred|dozens|hundreds|thousands|million|billion|half|twice|double|third|quarter)\b"
)
_NUMBER_WORDS = [
    ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
    ["twenty", "thirty", "forty", "fifty"],
    ["dozens", "hundreds", "thousands"],
    ["hundred", "million", "billion"],
    ["half", "third", "quarter"],
    ["twice", "double"],
]
_NAME = re.compile(r"\b[A-Z][\w’'-]*[a-z](?: [A-Z][\w’'-]*[a-z])*\b|\b[A-Z]{2,6}\b")
_NO_NAME = {
    *MONTHS,
    *DAYS,
    "The",
    "This",
    "That",
    "They",
    "There",
    "When",
    "What",
    "Some",
    "After",
    "While",
    "With",
    "But",
    "And",
    "For",
    "His",
    "Her",
    "She",
    "You",
    "How",
    "Why",
    "One",
    "Its",
    "Our",
    "More",
    "Many",
    "Most",
    "Now",
    "Then",
    "These",
    "Those",
    "Their",
    "Who",
    "All",
    "Mr",
    "Mrs",
    "Ms",
    "Dr",
    "If",
    "In",
    "On",
    "At",
    "As",
    "He",
    "It",
    "We",
    "An",
    "So",
}
_DATE = re.compile(
    r"\b(?:"
    + "|".join(MONTHS + DAYS)
    + r"|(?:19|20)\d\d|last (?:week|month|year)|this (?:week|month|year)|next (?:week|month|year)|yesterday|today|tomorrow|early|late|earlier|later|morning|evening|night|"
    r"weeks?|months?|years?|decades?|hours?|days?)\b"
)
_TIMES = [
    MONTHS,
    DAYS,
    ["last week", "last month", "last year"],
    ["this week", "this month", "this year"],
    ["next week", "next month", "next year"],
    ["yesterday", "today", "tomorrow"],
    ["early", "late"],
    ["earlier", "later"],
    ["morning", "evening", "night"],
    ["week", "month", "year", "decade", "hour", "day"],
    ["weeks", "months", "years", "decades", "hours", "days"],
]
_BE = re.compile(
    r"\b(is|are|was|were|will|would|can|could|has|have|had|should|must|did|does|do|may|might)\b(?! not|n't|n’t)"
)
OPPOSITES = [
    ("rose", "fell"),
    ("rise", "fall"),
    ("rising", "falling"),
    ("increased", "decreased"),
    ("increase", "decrease"),
    ("increasing", "decreasing"),
    ("won", "lost"),
    ("win", "lose"),
    ("winning", "losing"),
    ("higher", "lower"),
    ("approved", "rejected"),
    ("support", "oppose"),
    ("supported", "opposed"),
    ("supports", "opposes"),
    ("accepted", "rejected"),
    ("allowed", "barred"),
    ("allow", "bar"),
    ("gained", "lost"),
    ("best", "worst"),
    ("opened", "closed"),
    ("bought", "sold"),
    ("began", "ended"),
    ("begin", "end"),
    ("started", "stopped"),
    ("denied", "confirmed"),
    ("up", "down"),
    ("ahead of", "behind"),
    ("legal", "illegal"),
    ("likely", "unlikely"),
    ("agreed", "refused"),
    ("able", "unable"),
    ("possible", "impossible"),
    ("success", "failure"),
    ("successful", "unsuccessful"),
    ("strong", "weak"),
    ("stronger", "weaker"),
    ("better", "worse"),
    ("good", "bad"),
    ("safe", "unsafe"),
    ("common", "rare"),
    ("easy", "hard"),
    ("easier", "harder"),
    ("increased", "reduced"),
    ("raised", "lowered"),
    ("raise", "lower"),
    ("passed", "failed"),
    ("accept", "reject"),
    ("approve", "reject"),
    ("backed", "opposed"),
    ("praised", "criticized"),
    ("praise", "criticism"),
    ("friend", "enemy"),
    ("more than", "less than"),
    ("with", "without"),
    ("before", "after"),
    ("above", "below"),
    ("include", "exclude"),
    ("includes", "excludes"),
    ("including", "excluding"),
    ("first", "last"),
    ("largest", "smallest"),
    ("oldest", "youngest"),
    ("men", "women"),
    ("north", "south"),
    ("east", "west"),
    ("continue", "stop"),
    ("continued", "stopped"),
    ("remain", "cease"),
    ("found", "lost"),
    ("added", "removed"),
    ("joined", "left"),
    ("arrived", "left"),
    ("survived", "died"),
    ("guilty", "not guilty"),
    ("released", "arrested"),
    ("positive", "negative"),
    ("public", "private"),
    ("same", "different"),
]
SOFTER = [
    ("will", "may"),
    ("could", "will"),
    ("may", "will"),
    ("might", "will"),
    ("can", "might"),
    ("plans to", "has begun to"),
    ("plan to", "have begun to"),
    ("is expected to", "is certain to"),
    ("are expected to", "are certain to"),
    ("likely", "certain"),
    ("allegedly ", ""),
    ("reportedly ", ""),
    ("apparently ", ""),
    ("probably", "certainly"),
    ("possibly", "certainly"),
    ("perhaps", "certainly"),
    ("suggests", "proves"),
    ("suggest", "prove"),
    ("suggested", "proved"),
    ("believes", "knows"),
    ("believe", "know"),
    ("thinks", "knows"),
    ("appears to", "is known to"),
    ("appear to", "are known to"),
    ("seems to", "is known to"),
    ("accused of", "convicted of"),
    ("charged with", "convicted of"),
    ("suspected", "proven"),
    ("considering", "carrying out"),
    ("proposed", "adopted"),
    ("hopes to", "is going to"),
    ("aims to", "is certain to"),
    ("wants to", "is about to"),
    ("trying to", "succeeding in efforts to"),
    ("would", "will"),
    ("is set to", "may"),
    ("announced", "hinted at"),
    ("confirmed", "speculated"),
    ("could have", "must have"),
    ("about to", "likely to"),
    ("expects", "is certain of"),
    ("should", "will"),
]
SCOPE = [
    ("most", "all"),
    ("many", "all"),
    ("some", "all"),
    ("some", "most"),
    ("several", "all"),
    ("few", "many"),
    ("all", "some"),
    ("every", "nearly every"),
    ("always", "sometimes"),
    ("often", "always"),
    ("usually", "always"),
    ("sometimes", "always"),
    ("almost ", ""),
    ("nearly ", ""),
    ("at least", "at most"),
    ("at least", "exactly"),
    ("more than", "exactly"),
    ("up to", "more than"),
    ("about", "more than"),
    ("around", "over"),
    ("only ", ""),
    ("one of the", "the"),
    ("mainly", "only"),
    ("mostly", "entirely"),
    ("partly", "entirely"),
    ("part of", "all of"),
    ("the only", "one of the"),
    ("a few", "most"),
    ("half of", "all of"),
    ("a majority of", "all"),
    ("both", "neither"),
    ("either", "both"),
    ("rarely", "never"),
    ("never", "rarely"),
    ("anyone", "only adults"),
    ("everyone", "some people"),
    ("no one", "hardly anyone"),
    ("under", "over"),
    ("largely", "entirely"),
    ("the first", "the only"),
]
_SPEAKER = re.compile(
    r"\b([A-Z][\w’'.-]+(?: [A-Z][\w’'.-]+){0,3})(?=,? (?:said|says|told|added|wrote|announced|warned|argued|noted|explained|tweeted|claimed|stated)\b)|(?<=according to )([A-Z][\w’'.-]+(?: [A-Z][\w’'.-]+){0,3})|(?<= said )([A-Z][\w’'.-]+(?: [A-Z][\w’'.-]+){1,3})"
)
_ROLES = [
    "the president",
    "a spokesman",
    "police",
    "critics",
    "supporters",
    "officials",
    "researchers",
    "the company",
    "lawyers",
    "analysts",
    "residents",
    "the mayor",
    "investigators",
    "experts",
    "the government",
    "opponents",
]
_CAUSE = re.compile(
    r"\b(because of|because|due to|as a result of|thanks to|caused by|owing to|so that|in response to|after|following|amid|since)\b"
)
_ADDED = [
    "for the first time",
    "for the third year in a row",
    "without giving a reason",
    "despite warnings from experts",
    "at a cost of $%d million",
    "in front of %d witnesses",
    "over the objections of lawmakers",
    "after months of talks",
    "for the %dth time",
    "with the help of volunteers",
    "by a wide margin",
    "in secret",
    "on live television",
    "according to a leaked memo",
    "before the deadline",
    "at the request of the White House",
    "with the support of both parties",
    "within hours",
    "and later apologized",
    "and plans to do so again",
    "for %d years",
]


@dataclass(frozen=True)
class Made:
    """A claim with its planted fault."""

    text: str
    fault: str


def exchange(rng: random.Random, text: str, pairs: Sequence[tuple[str, str]], both_ways: bool) -> str | None:
    """Return the text with one word of a pair in the other's place."""
    table: dict[str, list[str]] = {}
    for a, b in pairs:
        table.setdefault(a, []).append(b)
        if both_ways:
            table.setdefault(b, []).append(a)
    found = list(
        re.finditer(
            r"\b(?:" + "|".join(sorted((re.escape(x.strip()) for x in table), key=len, reverse=True)) + r")\b", text
        )
    )
    if not found:
        return None
    one = rng.choice(found)
    new = rng.choice(table.get(one[0]) or table[one[0] + " "])
    out = text[: one.start()] + new + text[one.end() :]
    return " ".join(out.split())


def names_in(text: str) -> list[re.Match]:
    """Return the names in a text, its first word left out."""
    return [m for m in _NAME.finditer(text) if m.start() > 0 and m[0] not in _NO_NAME]


def put(text: str, found: re.Match, new: str, group: int = 0) -> str:
    """Return the text with a match replaced."""
    return text[: found.start(group)] + new + text[found.end(group) :]


def plant(rng: random.Random, text: str, evidence: str, nearby: str, fault: str) -> str | None:
    """Return the text with a fault of one kind, or None where the text has no place for it."""
    if fault == "number":
        found = [m for m in _NUMBER.finditer(text) if not re.fullmatch(r"(19|20)\d\d", m[0])]
        words = list(_NUMBER_WORD.finditer(text))
        if words and (not found or rng.random() < 0.4):
            one = rng.choice(words)
            family = next((f for f in _NUMBER_WORDS if one[0] in f), None)
            return put(text, one, rng.choice([w for w in family if w != one[0]])) if family else None
        if not found:
            return None
        one = rng.choice(found)
        others = [x for x in _NUMBER.findall(nearby) if x != one[0] and x not in text and abs(len(x) - len(one[0])) < 2]
        if others and rng.random() < 0.5:
            return put(text, one, rng.choice(others))
        digits = list(one[0])
        i = rng.choice([i for i, c in enumerate(digits) if c.isdigit()])
        digits[i] = rng.choice([c for c in ("123456789" if i == 0 else "0123456789") if c != digits[i]])
        return put(text, one, "".join(digits))
    if fault == "date":
        found = list(_DATE.finditer(text))
        if not found:
            return None
        one = rng.choice(found)
        if one[0].isdigit():
            return put(text, one, str(int(one[0]) + rng.choice([-10, -3, -2, -1, 1, 2, 3, 10])))
        family = next((f for f in _TIMES if one[0] in f), None)
        return put(text, one, rng.choice([w for w in family if w != one[0]])) if family else None
    if fault == "name":
        found = names_in(text)
        if not found:
            return None
        one = rng.choice(found)
        others = sorted({m[0] for m in names_in(nearby)} - {m[0] for m in names_in(text)})
        others = [
            x for x in others if x not in text and one[0] not in x and (" " in x) == (" " in one[0]) and len(x) > 2
        ]
        return put(text, one, rng.choice(others)) if others else None
    if fault == "role":
        return exchange_names(rng, text)
    if fault == "negation":
        if rng.random() < 0.45 and (changed := exchange(rng, text, OPPOSITES, both_ways=True)):
            return changed
        if re.search(r"\bnot |n[’']t\b| no | never ", text):
            for old, new in (
                ("cannot ", "can "),
                (" not ", " "),
                ("n't ", " "),
                ("n’t ", " "),
                (" no ", " a "),
                (" never ", " always "),
            ):
                if old in text:
                    return text.replace(old, new, 1).replace(" ca ", " can ").replace(" wo ", " will ")
        found = list(_BE.finditer(text))
        if not found:
            return None
        one = rng.choice(found)
        return put(text, one, "never" if rng.random() < 0.1 and one[0] in ("did", "does") else one[0] + " not")
    if fault == "certainty":
        return exchange(rng, text, SOFTER, both_ways=False)
    if fault == "scope":
        return exchange(rng, text, SCOPE, both_ways=False)
    if fault == "attribution":
        found = list(_SPEAKER.finditer(text))
        if found:
            one = rng.choice(found)
            k = next(i for i in (1, 2, 3) if one[i])
            if one[k] in ("He", "She", "They", "It", "I", "We"):
                return None
            others = sorted({m[0] for m in names_in(nearby) if m[0] not in text and " " in m[0]})
            new = rng.choice(others) if others and rng.random() < 0.7 else rng.choice(_ROLES)
            return put(text, one, new[0].upper() + new[1:] if one.start(k) == 0 else new, k)
        return None
    if fault == "cause":
        found = list(_CAUSE.finditer(text))
        if found:
            one = rng.choice(found)
            if one[0] in ("after", "following", "amid"):
                return put(text, one, "because of" if one[0] != "after" else rng.choice(["before", "because of"]))
            return put(
                text,
                one,
                rng.choice(
                    {
                        "because": ["although", "before"],
                        "because of": ["despite", "regardless of"],
                        "due to": ["despite"],
                        "as a result of": ["despite"],
                        "thanks to": ["despite"],
                        "caused by": ["unrelated to", "the cause of"],
                    }.get(one[0], ["despite"])
                ),
            )
        return None
    if fault == "added":
        extra = rng.choice(_ADDED)
        extra = extra % rng.randint(3, 40) if "%" in extra else extra
        at = [m.start() for m in re.finditer(r"(?<=[a-z]),? (?:and|but|as|after|when|while|because) ", text)]
        place = rng.choice(at) if at and rng.random() < 0.5 else len(text.rstrip("."))
        return text[:place] + (" " if text[place - 1] != " " else "") + extra + text[place:]
    raise ValueError(fault)


def shorten(rng: random.Random, text: str) -> str:
    """Return the sentence with asides, openings and trailing clauses left out: still true."""
    out = re.sub(r"\s*\([^)]*\)", "", text)
    out = re.sub(r"\s*[—–] [^—–]{5,80} [—–]\s*", " ", out)
    out = re.sub(r", (?:who|which|whose|a|an|the) [^,]{5,60},(?= [a-z])", "", out) if rng.random() < 0.6 else out
    tail = re.match(
        r"^(.{40,}?), (?:which|who|where|as|while|including|with|after|amid|citing|saying|adding|though)\b[^.]*\.$", out
    )
    if tail and rng.random() < 0.7:
        out = tail[1] + "."
    lead = re.match(r"^(?:In|On|At|After|During|Since|For|By|With|As) [^,]{5,50}, (.{40,})$", out)
    if lead and rng.random() < 0.3:
        out = lead[1]
    out = re.sub(r"^(?:However|But|And|Meanwhile|Still|Also|In addition|Moreover|Instead|So|Now|Yet),? ", "", out)
    quote = re.match(r"^[“\"](.{30,}?),[”\"] (?:said|says) ([^,.]{4,50})\.$", out)
    if quote and rng.random() < 0.8:
        out = (
            f"{quote[2]} said {quote[1][0].lower() + quote[1][1:]}."
            if rng.random() < 0.6
            else f"According to {quote[2]}, {quote[1][0].lower() + quote[1][1:]}."
        )
    return out[:1].upper() + out[1:]


REWORDED = [
    ("said", "stated"),
    ("told", "informed"),
    ("about", "roughly"),
    ("more than", "over"),
    ("began", "started"),
    ("big", "large"),
    ("help", "assist"),
    ("also ", ""),
    ("currently ", ""),
    ("killed", "left dead"),
    ("almost", "nearly"),
    ("nearly", "almost"),
    ("likely", "probably"),
    ("because of", "owing to"),
    ("due to", "because of"),
    ("because", "since"),
    ("according to", "as reported by"),
    ("United States", "US"),
    ("U.S.", "United States"),
    ("percent", "per cent"),
    ("children", "kids"),
    ("people", "individuals"),
    ("including", "among them"),
    ("announced", "made public"),
    ("show", "indicate"),
    ("shows", "indicates"),
    ("found", "discovered"),
    ("buy", "purchase"),
    ("bought", "purchased"),
    ("get", "receive"),
    ("got", "received"),
    ("need", "require"),
    ("may", "might"),
    ("might", "may"),
    ("many", "a lot of"),
    ("several", "a number of"),
    ("try to", "attempt to"),
    ("tried to", "attempted to"),
    ("wants to", "would like to"),
    ("used", "employed"),
    ("during", "in the course of"),
    ("before", "prior to"),
    ("after", "following"),
    ("enough", "sufficient"),
    ("end", "finish"),
    ("ended", "came to an end"),
    ("last year", "the year before"),
    ("a year", "annually"),
    ("doctors", "physicians"),
    ("officials", "authorities"),
    ("company", "firm"),
    ("companies", "firms"),
    ("job", "position"),
    ("jobs", "positions"),
    ("difficult", "hard"),
    ("hard", "difficult"),
    ("rose", "climbed"),
    ("fell", "dropped"),
    ("increased", "went up"),
    ("decreased", "went down"),
    ("allow", "permit"),
    ("allowed", "permitted"),
    ("country", "nation"),
    ("countries", "nations"),
    ("died", "passed away"),
    ("home", "house"),
    ("movie", "film"),
    ("film", "movie"),
    ("asked", "requested"),
]
FAULTS = ["number", "name", "date", "negation", "role", "attribution", "certainty", "cause", "scope", "added"]


def reword(rng: random.Random, text: str) -> str:
    """Return the text with a few words exchanged for words of the same meaning."""
    for _ in range(rng.choice([0, 1, 1, 2, 3])):
        text = exchange(rng, text, REWORDED, both_ways=False) or text
    return text[:1].upper() + text[1:]


def gold_urls(bench: Path) -> set[str]:
    """Return the articles that benchmark questions point to; nothing is trained on them."""
    gold = set(json.loads((bench / "abstain-without.json").read_text()))
    for row in read_rows(bench / "questions-dev.jsonl"):
        gold |= set(row["gold_urls"])
    return gold


def news_sentences(bench: Path, rng: random.Random) -> Iterator[list[str]]:
    """Yield the sentences of each article of the RealTime QA collection that no benchmark question points to."""
    gold = gold_urls(bench)
    held_out = list(read_rows(bench.parent / "reading" / "questions-dev.jsonl"))
    titles = {row["title"] for row in held_out}
    told = re.compile(
        "|".join(sorted({re.escape(s) for row in held_out for s in row["sentences"] if len(s.split()) >= 9}))
    )
    articles = [
        row
        for row in read_rows(bench / "corpus.jsonl.gz")
        if row["url"] not in gold and row["title"] not in titles and not told.search(" ".join(row["body"].split()))
    ]  # copies under other titles too
    rng.shuffle(articles)
    for article in articles:
        parts = [p for p in split_text(article["body"][:12000]) if 4 <= len(p.split()) <= 55]
        if len(parts) >= 8:
            yield parts


def news_claims(bench: Path, tokenizer, rng: random.Random, groups: int) -> Pool:
    """Return claims from real sentences: a true one, one or two false twins, and now and then the true one beside wrong evidence."""
    pool = Pool("support")

    def encode(text: str) -> list[int]:
        return tokenizer(text, add_special_tokens=False)["input_ids"]

    stranger: list[str] = []
    group, planted = 0, dict.fromkeys(FAULTS, 0)
    while group < groups:
        for parts in news_sentences(bench, rng):
            for _ in range(5):
                size = rng.choice([1, 1, 2, 3, 4])
                at = rng.randrange(0, len(parts) - size)
                evidence = parts[at : at + size]
                k = rng.randrange(size)
                sentence = evidence[k]
                if (
                    not 8 <= len(sentence.split()) <= 45
                    or sentence.endswith("?")
                    or (sentence[0] in '“"' and rng.random() < 0.5)
                ):
                    continue
                if rng.random() < 0.25:  # a claim over two sentences' length of evidence
                    true = sentence
                else:
                    true = shorten(rng, sentence)
                if len(true.split()) < 6:
                    continue
                nearby = " ".join(parts[max(0, at - 6) : at + size + 6])
                source = " ".join(evidence)
                twins: list[Made] = []
                order = sorted(FAULTS, key=lambda f: planted[f] * rng.uniform(0.7, 1.3) * (2.5 if f == "added" else 1))
                for fault in order:
                    text = plant(rng, true, source, nearby, fault)
                    if text and text != true and text.lower() not in source.lower():
                        twins.append(Made(text, fault))
                        planted[fault] += 1
                    if len(twins) >= rng.choice([1, 2]):
                        break
                if not twins:
                    continue
                group += 1
                if rng.random() < 0.45 and twins[0].fault not in ("certainty", "scope", "cause"):
                    # the other way round, so that no claim shows its fault by itself: the evidence says what was planted
                    twins = twins[:1]
                    source = " ".join([*evidence[:k], twins[0].text, *evidence[k + 1 :]])
                    swapped = Made(true, twins[0].fault)
                    true, twins = twins[0].text, [] if swapped.fault == "added" else [swapped]
                    evidence = [source]
                tokens = encode(source)[:185]
                seed = rng.random()

                def twin_rng(seed=seed):
                    return random.Random(seed)  # the same rewording for all of a group

                pool.add(encode(reword(twin_rng(), true))[:90], tokens, (1, 0), group)
                for made in twins:
                    pool.add(encode(reword(twin_rng(), made.text))[:90], tokens, (0, 0), group)
                chance = rng.random()
                if chance < 0.35:
                    claim = encode(reword(twin_rng(), true))[:90]
                    if chance < 0.12 and stranger:
                        wrong = " ".join(stranger[: rng.choice([1, 2, 4])])
                    elif chance < 0.24:  # the rest of the article, nearest in words
                        words = content_words(true)
                        rest = [p for i, p in enumerate(parts) if not at <= i < at + size]
                        rest = sorted(rest, key=lambda p: -len(words & content_words(p)))[: rng.choice([1, 2, 3])]
                        wrong = " ".join(rest)
                    elif (
                        len(evidence) == size
                    ):  # a near copy: the evidence itself with a fault, the claim as the article has it
                        copy = next(
                            (
                                m
                                for m in (plant(rng, sentence, source, nearby, f) for f in rng.sample(FAULTS[:4], 4))
                                if m and m != sentence
                            ),
                            None,
                        )
                        wrong = (
                            " ".join([*evidence[:k], copy, *evidence[k + 1 :]])
                            if copy and true != sentence and plain_difference(copy, sentence, true)
                            else ""
                        )
                    else:
                        wrong = ""
                    if wrong:
                        pool.add(claim, encode(wrong)[:185], (0, 0), group)
            stranger = parts[rng.randrange(len(parts) - 4) :]
            if group >= groups:
                break
    print(planted, flush=True)
    return pool


def plain_difference(copy: str, sentence: str, claim: str) -> bool:
    """Tell whether what was changed in a copy of a sentence is said by the claim."""
    lost = content_words(sentence) - content_words(copy)
    return bool(lost) and lost <= content_words(claim)


_IRREGULAR = {
    "begin": "began",
    "win": "won",
    "lose": "lost",
    "become": "became",
    "write": "wrote",
    "make": "made",
    "take": "took",
    "give": "gave",
    "get": "got",
    "come": "came",
    "go": "went",
    "have": "had",
    "find": "found",
    "leave": "left",
    "build": "built",
    "lead": "led",
    "meet": "met",
    "hold": "held",
    "see": "saw",
    "say": "said",
    "run": "ran",
    "sell": "sold",
    "buy": "bought",
    "fall": "fell",
    "rise": "rose",
    "grow": "grew",
    "think": "thought",
    "know": "knew",
    "speak": "spoke",
    "do": "did",
    "feel": "felt",
    "send": "sent",
    "spend": "spent",
    "fight": "fought",
    "teach": "taught",
    "bring": "brought",
    "keep": "kept",
    "sing": "sang",
    "break": "broke",
    "choose": "chose",
    "draw": "drew",
    "drive": "drove",
    "set": "set",
    "put": "put",
    "hit": "hit",
    "let": "let",
    "cut": "cut",
    "lie": "lay",
    "sit": "sat",
    "stand": "stood",
    "release": "released",
    "die": "died",
    "move": "moved",
    "create": "created",
    "believe": "believed",
    "receive": "received",
    "serve": "served",
    "arrive": "arrived",
    "use": "used",
    "cause": "caused",
    "occur": "occurred",
    "live": "lived",
    "produce": "produced",
    "announce": "announced",
    "happen": "happened",
    "start": "started",
    "end": "ended",
    "open": "opened",
    "join": "joined",
    "attend": "attended",
    "play": "played",
    "call": "called",
    "name": "named",
    "sign": "signed",
    "return": "returned",
    "appear": "appeared",
    "publish": "published",
    "establish": "established",
    "form": "formed",
    "found": "founded",
    "want": "wanted",
    "describe": "described",
    "develop": "developed",
    "marry": "married",
    "study": "studied",
    "adopt": "adopted",
    "introduce": "introduced",
    "pass": "passed",
    "kill": "killed",
    "defeat": "defeated",
    "invade": "invaded",
    "visit": "visited",
    "refer": "referred",
    "claim": "claimed",
    "ask": "asked",
    "help": "helped",
    "work": "worked",
    "discover": "discovered",
    "attack": "attacked",
    "change": "changed",
    "add": "added",
    "replace": "replaced",
    "perform": "performed",
    "record": "recorded",
    "originate": "originated",
    "rule": "ruled",
}
_AUXILIARY = (
    "is",
    "are",
    "was",
    "were",
    "will",
    "would",
    "can",
    "could",
    "has",
    "have",
    "had",
    "should",
    "must",
    "may",
    "might",
)


def statement(question: str, answer: str) -> str | None:
    """Return a question with its answer as a statement, where a simple rule does it."""
    text = question.strip().rstrip("?").strip()
    words = text.split()
    if len(words) < 4:
        return None
    first, second, low = words[0].lower(), words[1].lower(), text.lower()
    rest = " ".join(words[1:])

    def cap(s):
        return s[:1].upper() + s[1:]

    if first == "who" and second not in (*_AUXILIARY, "did", "do", "does"):
        return cap(f"{answer} {rest}.")
    if first in ("who", "what") and second in ("is", "are", "was", "were"):
        tail = " ".join(words[2:])
        if words[2].lower().endswith("ed") or words[2].lower() in (
            "elected",
            "born",
            "made",
            "chosen",
            "put",
            "one",
            "among",
            "in",
            "at",
            "on",
            "able",
            "responsible",
            "killed",
        ):
            return cap(f"{answer} {second} {tail}.")
        return (
            cap(f"{tail} {second} {answer}.")
            if words[2].lower() in ("the", "a", "an", "one") or words[2][0].isupper()
            else None
        )
    place = re.match(
        r"(?:(when)|(where)|in (?:what|which) (year|month|city|country|state)|on (what|which) (?:date|day)|how (many|much) ([\w-]+(?: [\w-]+)?)|(what|who)(?: ([a-z]+))?) (did|does|do|is|are|was|were|has|have|had|can|could|will|would) (.+)$",
        low,
    )
    if place:
        body = text[place.start(10) :]
        helper = place[9]
        tokens = body.split()
        noun = f" {place[6]}" if place[6] else ""
        at = next((i for i, t in enumerate(tokens) if i > 0 and t in _IRREGULAR), None)
        if helper in ("did", "does", "do"):
            if at is None:
                return None
            verb = _IRREGULAR[tokens[at]] if helper == "did" else tokens[at] + ("s" if helper == "does" else "")
            if place[1] or place[3] or place[4] or place[2]:
                sign = (
                    ""
                    if re.match(
                        r"(?:in|on|at|by|during|after|before|from|since|around|about|between|under|near|with|when|until|as)\b",
                        answer.lower(),
                    )
                    else ("in " if not place[4] else "on ")
                )
                return cap(" ".join([*tokens[:at], verb, *tokens[at + 1 :], sign + answer]) + ".")
            return cap(" ".join([*tokens[:at], verb, answer + noun, *tokens[at + 1 :]]) + ".")
        if (place[1] or place[2] or place[3]) and len(tokens) > 2:
            at = next(
                (
                    i
                    for i, t in enumerate(tokens)
                    if i > 0
                    and (
                        t.endswith("ed")
                        or t
                        in (
                            "born",
                            "built",
                            "made",
                            "founded",
                            "held",
                            "found",
                            "located",
                            "written",
                            "won",
                            "begun",
                            "sold",
                            "lost",
                        )
                    )
                ),
                None,
            )
            sign = (
                ""
                if re.match(
                    r"(?:in|on|at|by|during|after|before|from|since|around|about|between|under|near|until)\b",
                    answer.lower(),
                )
                else "in "
            )
            return cap(" ".join([*tokens[:at], helper, *tokens[at:], sign + answer]) + ".") if at is not None else None
    if first in ("which", "what") and second not in (
        *_AUXILIARY,
        "did",
        "do",
        "does",
        "type",
        "kind",
        "percentage",
        "is",
        "year",
    ):
        at = next(
            (
                i
                for i, t in enumerate(words[1:5], 1)
                if i > 1
                and (
                    t.endswith("ed")
                    or t
                    in (
                        "is",
                        "was",
                        "were",
                        "are",
                        "has",
                        "had",
                        "won",
                        "led",
                        "became",
                        "began",
                        "made",
                        "held",
                        "gave",
                        "wrote",
                        "took",
                    )
                )
            ),
            None,
        )
        if at is not None and at <= 4 and words[at] not in ("need",) and not re.search(r"\b(?:did|does|do)\b", low):
            noun = " ".join(words[1:at])
            return cap(f"{answer} is the {noun} that {' '.join(words[at:])}." if len(words) - at > 1 else "") or None
    if re.match(r"how many ", low) and second == "many":
        at = next(
            (
                i
                for i, t in enumerate(words)
                if t in ("are", "were", "is", "was", "have", "had", "live", "lived", "died", "attended", "make", "made")
            ),
            None,
        )
        if at and at > 2 and not re.search(r"\b(?:did|does|do|there)\b", low):
            return cap(f"{answer} {' '.join(words[2:at])} {' '.join(words[at:])}.")
    return None


def same_kind(one: str, other: str) -> bool:
    """Tell whether two answers could stand in each other's place."""

    def shape(s):
        return (
            "digit" if re.search(r"\d", s) else "name" if s[:1].isupper() else "word",
            bool(re.fullmatch(r"\d{4}", s)),
        )

    return shape(one) == shape(other) and abs(len(one.split()) - len(other.split())) < 3


def squad_claims(path: Path, tokenizer, rng: random.Random) -> Pool:
    """Return SQuAD's questions as statements: with the right answer, with another of its kind from the paragraph, and beside wrong evidence."""
    pool = Pool("support")
    group = 0
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        paragraphs = [(split_text(p["context"]), p) for p in article["paragraphs"]]
        cut = [Passage(tokenizer, parts) if parts else None for parts, _ in paragraphs]
        for i, (parts, paragraph) in enumerate(paragraphs):
            answers = [q["answers"][0]["text"] for q in paragraph["qas"]]
            for qa in paragraph["qas"]:
                answer = qa["answers"][0]["text"]
                if len(answer.split()) > 8:
                    continue
                true = statement(qa["question"], answer)
                if not true:
                    continue
                part = next(
                    (
                        k
                        for k, p in enumerate(parts)
                        if answer in p and len(" ".join(parts[: k + 1])) > qa["answers"][0]["answer_start"]
                    ),
                    None,
                )
                if part is None:
                    continue
                low = answer.lower()
                others = [
                    a
                    for a in answers
                    if a.lower() not in low
                    and low not in a.lower()
                    and same_kind(a, answer)
                    and a.lower() not in qa["question"].lower()
                ]
                if not others:
                    names = [
                        m[0]
                        for m in (_NUMBER if answer[:1].isdigit() else _NAME).finditer(paragraph["context"])
                        if m[0] not in _NO_NAME
                    ]
                    others = [
                        x
                        for x in names
                        if same_kind(x, answer)
                        and x.lower() not in low
                        and low not in x.lower()
                        and x.lower() not in qa["question"].lower()
                    ]
                group += 1
                evidence = cut[i].window(rng, part, rng.choice([40, 80, 150]))[0][:185]

                def encode(text):
                    return tokenizer(text, add_special_tokens=False)["input_ids"][:90]

                pool.add(encode(true), evidence, (1, 0), group)
                if others:
                    pool.add(
                        encode(statement(qa["question"], rng.choice(others)) or true.replace(answer, others[0])),
                        evidence,
                        (0, 0),
                        group,
                    )
                planted = (
                    plant(
                        rng,
                        true,
                        paragraph["context"],
                        paragraph["context"],
                        rng.choice(["number", "name", "date", "negation", "role", "negation"]),
                    )
                    if not others or rng.random() < 0.3
                    else None
                )
                if planted and planted != true:
                    pool.add(encode(planted), evidence, (0, 0), group)
                chance = rng.random()
                if (
                    chance < 0.15
                    and low not in " ".join(p for k, p in enumerate(parts) if k != part).lower()
                    and len(parts) > 1
                ):
                    pool.add(encode(true), cut[i].window(rng, part, 100, frozenset([part]))[0][:185], (0, 0), group)
                elif chance < 0.3:
                    j = rng.randrange(len(paragraphs))
                    if j != i and cut[j] and low not in paragraphs[j][1]["context"].lower():
                        words = content_words(true)
                        best = max(range(len(cut[j].parts)), key=lambda k: len(words & content_words(cut[j].parts[k])))
                        pool.add(
                            encode(true), cut[j].window(rng, best, rng.choice([40, 80, 150]))[0][:185], (0, 0), group
                        )
    return pool


_SMALL_WORDS = {
    "of",
    "and",
    "or",
    "the",
    "a",
    "an",
    "in",
    "at",
    "on",
    "for",
    "to",
    "with",
    "from",
    "by",
    "as",
    "that",
    "who",
    "which",
    "s",
    "was",
    "is",
    "are",
    "were",
    "than",
    "but",
}
_NO_SIDE = re.compile(
    r"['’]|(?:an|ish|ese|ic|ean|ern)$|^(?:They|Them|The|Black|White|Her|Him|His|God|It|Never|These|Fact|May|March|New|I|US|French|Greek|Dutch|Swiss|Not|Also|Only)$"
)

_ACTION = re.compile(
    r" (?:\([^)]*\) )?(?:also |once |later |then |had |has |have |was |were |is |are |will |would |could |may |might |did |does |never |not |been |being |to )*"
    r"(?!(?:and|or|of|in|at|on|for|the|with|as|by|its|his|this|across|was|is|has|does|news|users|series|always|perhaps|years?|days?|times|others|critics|s)\b)"
    r"(?:[a-z]{2,}(?:ed|s)|told|met|beat|sued|led|won|gave|took|sent|made|paid|sold|bought|wrote|left|joined|hit|saw|held|fought|lost|ran|spoke|took|replaced|thanked)\b"
)
_NO_ACTOR = re.compile(
    r"\b(?:Today|TODAY|USA|Contact|Twitter|Instagram|GMT|EST|ET|Conference|House meeting|Street|Avenue|Road|Act|Bill|Day|Week|Award|Awards|Cup|Prize|War)\b|^(?:In|On|At|By|For|From|To|As) "
)


def exchange_names(rng: random.Random, text: str) -> str | None:
    """Return the text with the two sides of an action exchanged: names with a word of action between them."""
    found = [m for m in _NAME.finditer(text) if m[0] not in _NO_NAME and not _NO_SIDE.search(m[0])]
    found = [
        m
        for m in found
        if " " in m[0]
        or not re.search(r'(?:^|[.:!?“‘"(] ?)$', text[: m.start()])
        or m[0] in text[m.end() :]
        or m[0].isupper()
    ]
    rng.shuffle(found)
    for one in found:
        for other in found:
            between = text[one.end() : other.start()]
            if one.end() >= other.start() or one[0] in other[0] or other[0] in one[0] or one[0][:5] == other[0][:5]:
                continue
            if (
                between.startswith(("'", "’", " of ", " and ", ",", "-"))
                or re.match(r"['’-]| of | and |, [A-Z]", text[other.end() :])
                or re.search(r"[“”\"(;]| (?:of|and|,)$| (?:of the|and the) $", between)
            ):
                continue
            if (
                re.search(r" (?:of|and|the|in|on|at) $", text[: one.start()]) and rng.random() < 0.7
            ) or between.endswith((" of ", " and ", ", ")):
                continue
            if not _ACTION.match(between) or re.search(
                r" (?:in|at|on|of|for|from|during|near|since|before|after|as|the) $", between
            ):
                continue
            if len(between.split()) < 10 and not _NO_ACTOR.search(one[0]) and not _NO_ACTOR.search(other[0]):
                return text[: one.start()] + other[0] + between + one[0] + text[other.end() :]
    return None


def role_claims(squad: Path, bench: Path, tokenizer, rng: random.Random, each: int = 6000) -> Pool:
    """Return claims with who did what to whom, or who said it, exchanged: the faults that are learnt last. SQuAD's statements and news sentences."""
    made: list[tuple[str, str, str]] = []
    for article in json.loads(squad.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            parts = split_text(paragraph["context"])
            for qa in paragraph["qas"]:
                answer = qa["answers"][0]["text"]
                true = statement(qa["question"], answer) if len(answer.split()) < 7 and rng.random() < 0.5 else None
                k = next((k for k, p in enumerate(parts) if answer in p), None)
                if not true or k is None or re.search(r" is the |called was| be |called (?!by)|They| used to", true):
                    continue
                false = exchange_names(rng, true)
                if false:
                    made.append((true, false, " ".join(parts[max(0, k - rng.choice([0, 0, 1])) : k + 1])))
    rng.shuffle(made)
    made = made[:each]
    news: list[tuple[str, str, str]] = []
    while len(news) < each:
        for parts in news_sentences(bench, rng):
            for _ in range(12):
                k = rng.randrange(1, len(parts) - 1)
                sentence = parts[k]
                if not 8 <= len(sentence.split()) <= 40 or sentence.endswith("?"):
                    continue
                true, nearby = shorten(rng, sentence), " ".join(parts[max(0, k - 6) : k + 6])
                false = (
                    exchange_names(rng, true)
                    if rng.random() < 0.75
                    else plant(rng, true, sentence, nearby, "attribution")
                )
                if not false or false == true or len(true.split()) < 6:
                    continue
                seed = rng.random()
                evidence = " ".join(parts[k - rng.choice([0, 1]) : k + rng.choice([1, 2])])
                if rng.random() < 0.45:  # the evidence says it the other way round
                    true, false, evidence = false, true, " ".join([*parts[k - rng.choice([0, 1]) : k], false])
                news.append((reword(random.Random(seed), true), reword(random.Random(seed), false), evidence))
            if len(news) >= each:
                break
    pool, made = Pool("support"), made + news
    rng.shuffle(made)
    for group, (true, false, evidence) in enumerate(made):
        tokens = tokenizer(evidence, add_special_tokens=False)["input_ids"][:185]
        for claim, label in ((true, 1), (false, 0)):
            pool.add(tokenizer(claim, add_special_tokens=False)["input_ids"][:90], tokens, (label, 0), group)
    return pool


def plant_in_source(rng: random.Random, claim: str, source: str, nearby: str, fault: str) -> str | None:
    """Return the source with a number, name or day exchanged that the claim gives too, so that it no longer bears the claim out."""
    pattern = {"number": _NUMBER, "name": _NAME, "date": _DATE}[fault]
    stated = {m[0] for m in pattern.finditer(claim)}
    for _ in range(4):
        changed = plant(rng, source, source, nearby, fault)
        if changed and any(x in source and x not in changed for x in stated):
            return changed
    return None


def reworded_claims(path: Path, tokenizer, rng: random.Random, rounds: int) -> Pool:
    """Return the true restatements written for Dateline with faults planted in them, and beside sources with faults planted."""
    pool, group, planted = Pool("support"), 0, dict.fromkeys(FAULTS, 0)
    rows = [row for row in read_rows(path) if row["label"] == 1]
    for _ in range(rounds):
        rng.shuffle(rows)
        for row in rows:
            claim, source = row["claim"], row["source"]
            title, body = row["passage"].split("\n", 1)
            parts = split_text(body)
            kept = [k for k, p in enumerate(parts) if p[:40] in source]
            before = after = ""
            if kept and rng.random() < 0.55:  # the sentences meant, among their neighbours
                before = " ".join(parts[max(0, min(kept) - rng.choice([0, 1, 2])) : min(kept)])
                after = " ".join(parts[max(kept) + 1 : max(kept) + 1 + rng.choice([0, 1, 2])])
            head = title.rstrip(".") + "." if rng.random() < 0.3 else ""
            made: list[tuple[str, str]] = []
            order = sorted(FAULTS, key=lambda f: planted[f] * rng.uniform(0.7, 1.3))
            for fault in order:
                if fault == "added":
                    continue
                if fault in ("number", "name", "date") and rng.random() < 0.5:
                    changed = plant_in_source(rng, claim, source, body, fault)
                    if changed:
                        made.append((claim, changed))
                        planted[fault] += 1
                else:
                    false = exchange_names(rng, claim) if fault == "role" else plant(rng, claim, source, body, fault)
                    if false and false != claim:
                        made.append((false, source))
                        planted[fault] += 1
                if len(made) >= rng.choice([1, 2]):
                    break
            if not made:
                continue
            group += 1
            for text, evidence, label in [(claim, source, 1), *((t, e, 0) for t, e in made)]:
                told = " ".join(x for x in (head, before, evidence, after) if x)
                tokens = tokenizer(told, add_special_tokens=False)["input_ids"]
                if len(tokens) > 190:
                    tokens = tokenizer(evidence, add_special_tokens=False)["input_ids"][:190]
                pool.add(tokenizer(text, add_special_tokens=False)["input_ids"][:90], tokens, (label, 0), group)
    print(planted, flush=True)
    return pool


def summary_claims(path: Path, tokenizer, rng: random.Random) -> Pool:
    """Return the summaries of `supports.jsonl.gz` (without musique, which has only false ones), a true one beside edited ones of its source."""
    pool, group = Pool("support"), 0
    by_source: dict[str, list[dict]] = {}
    for row in read_rows(path):
        if "musique" not in row["from"]:
            by_source.setdefault(row["source"], []).append(row)
    for source, rows in by_source.items():
        parts = split_text(source) or [source]
        true, false = ([r for r in rows if r["label"] == k] for k in (1, 0))
        rng.shuffle(false)
        for i in range(max(len(true), (len(false) + 1) // 2)):
            group += 1
            for r in ([true[i % len(true)]] if true else []) + false[2 * i : 2 * i + 2]:
                claim, evidence = (
                    tokenizer(t, add_special_tokens=False)["input_ids"]
                    for t in (r["claim"], nearest(r["claim"], parts, 110))
                )
                pool.add(claim[:110], evidence[:185], (r["label"], 0), group)
    return pool


def main() -> None:
    """Write the pools of claims made by program."""
    import argparse

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--squad", type=Path, required=True)
    parser.add_argument("--bench", type=Path, required=True, help="the folder of the RealTime QA collection")
    parser.add_argument("--train", type=Path, required=True, help="the folder of supports.jsonl.gz")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--groups", type=int, default=26000)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    tokenizer, rng = load_tokenizer(), random.Random(8)
    squad_claims(args.squad, tokenizer, rng).save(args.out / "squad-claims.npz")
    news_claims(args.bench, tokenizer, rng, args.groups).save(args.out / "planted-claims.npz")
    role_claims(args.squad, args.bench, tokenizer, random.Random(31)).save(args.out / "roles.npz")
    reworded_claims(args.train / "news-claims.jsonl.gz", tokenizer, random.Random(19), rounds=4).save(
        args.out / "reworded-claims.npz"
    )
    summary_claims(args.train / "supports.jsonl.gz", tokenizer, random.Random(4)).save(args.out / "summaries.npz")


if __name__ == "__main__":
    main()
