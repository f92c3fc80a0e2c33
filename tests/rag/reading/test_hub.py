"""Any extractive reader of transformers with a null answer reads as the built-in one does; those here are made here."""

from concurrent.futures import ThreadPoolExecutor
from math import log
from pathlib import Path
from typing import Any

import pytest

from rag.config import Config
from rag.errors import ModelError, UsageError
from rag.reading.grounding import GroundingModel
from rag.reading.hub import HubReader
from rag.reading.reader import ANSWERING, Reader, ReadsAndChecks, load_checker, load_reader, unpack
from rag.search.rerank import CrossEncoderReranker
from rag.text.convert import model_folder
from rag.text.embed import SentenceTransformerEmbedder
from rag.text.split import sentences

TOLD = "The ferry sank on Monday. The bridge was mended by Ines Holt. Rain fell."
ASKED = "Who mended the bridge?"
FAMILIES = ["bert", "roberta"]


def odds(probability: float) -> float:
    return log(probability / (1 - probability))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_sentence_that_answers_and_where_in_it(tiny: Any, family: str) -> None:
    reader = HubReader(str(tiny.reader(family=family)))
    answers, not_ = reader.answers(ASKED, [TOLD, "The ferry sank on Monday."])
    first, second, third = answers.sentences
    assert second > 0.99 > 0.05 > max(first, third)
    span = answers.spans[1]
    assert span and TOLD[slice(*span)] == "Ines Holt"
    assert answers.answerable == second
    assert not_.answerable < 0.05


@pytest.mark.parametrize("null", [4.0, 9.0, 12.0])
def test_the_odds_are_those_of_the_span_against_no_answer(tiny: Any, null: float) -> None:
    (found,) = HubReader(str(tiny.reader(null=null))).answers("Who?", ["Ines Holt"])
    assert odds(found.answerable) == pytest.approx((20 - 2 * null) * 32 / 31, abs=0.05)  # a 1 among 32, normalised


@pytest.mark.parametrize("family", FAMILIES)
def test_an_answer_deep_in_a_long_passage_is_found_where_it_stands(tiny: Any, family: str) -> None:
    passage = "Rain fell on the ferry. " * 60 + TOLD + " Rain fell on the mayor." * 60
    (found,) = HubReader(str(tiny.reader(family=family))).answers(ASKED, [passage])
    bounds = sentences(passage)
    best = max(range(len(bounds)), key=lambda at: found.sentences[at])
    span = found.spans[best]
    assert span and passage[slice(*span)] == "Ines Holt"
    assert bounds[best][0] <= span[0] < span[1] <= bounds[best][1]
    assert sum(each > 0.5 for each in found.sentences) == 1


def test_sentences_stand_where_the_caller_says(tiny: Any) -> None:
    reader = HubReader(str(tiny.reader()))
    (found,) = reader.answers(ASKED, ["Ines Holt came. Rain fell"], [[(16, 25), (0, 15)]])
    assert found.sentences[0] < 0.05 < 0.99 < found.sentences[1]
    assert found.spans[1] == (0, 9)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "passage",
    ["", " ", "a" * 4_000, " ".join(["word"] * 5_000), "渡船在周一沉没。", TOLD * 40, "\x00😀\ud800", "  Ines Holt \n"],
    ids=["empty", "blank", "no spaces", "5,000 words", "another script", "long", "odd characters", "spaces around"],
)
def test_any_passage_is_read(tiny: Any, family: str, passage: str) -> None:
    (found,) = HubReader(str(tiny.reader(family=family))).answers("Why " * 1_000, [passage])
    bounds = sentences(passage)
    assert len(found.sentences) == len(found.spans) == len(bounds)
    assert all(0 <= each <= 1 for each in (*found.sentences, found.answerable))
    for span in found.spans:
        assert span is None or passage[slice(*span)].strip()


def test_a_passage_is_read_alike_in_any_company(tiny: Any) -> None:
    reader = HubReader(str(tiny.reader()))
    (alone,) = reader.answers(ASKED, [TOLD])
    beside = HubReader(str(tiny.reader())).answers(ASKED, ["Rain.", TOLD * 30, TOLD])[2]
    assert beside.sentences == pytest.approx(alone.sentences, abs=1e-5)
    assert beside.spans == alone.spans
    assert reader.answers(ASKED, []) == []


def test_several_threads_may_read(tiny: Any) -> None:
    reader = HubReader(str(tiny.reader()))
    texts = [f"{'Rain fell. ' * n}{TOLD}" for n in range(24)]
    alone = [reader.answers(ASKED, [text], [sentences(text)])[0] for text in texts]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda text: reader.answers(ASKED, [text], [sentences(text)])[0], texts))
    assert [each.spans for each in together] == [each.spans for each in alone]


# -- what can't be a reader ------------------------------------------------------------------------------------------


def test_a_model_without_trained_heads_is_refused(tiny: Any) -> None:
    with pytest.raises(
        ModelError,
        match=r"lacks trained weights \(qa_outputs\.bias\); name a model made for extractive question answering",
    ):
        HubReader(str(tiny.classifier("entailment", "neutral")))


def test_weights_that_are_damaged_are_said(tiny: Any) -> None:
    folder: Path = tiny.reader()
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1_000])
    with pytest.raises(ModelError, match=r"^can't load the reader .*; give a transformers model for ") as raised:
        HubReader(str(folder))
    assert "\n" not in str(raised.value)


def test_code_that_comes_with_a_model_is_never_run(tiny: Any, tmp_path: Path) -> None:
    folder: Path = tiny.reader()
    config = (folder / "config.json").read_text()
    own = '{"auto_map": {"AutoConfig": "own.Own", "AutoModelForQuestionAnswering": "own.Own"}, '
    (folder / "config.json").write_text(own + config.replace('"model_type": "bert"', '"model_type": "own"').lstrip("{"))
    (folder / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\nclass Own: ...\n")
    with pytest.raises(ModelError, match=r"^can't load the reader "):
        HubReader(str(folder))
    assert not (tmp_path / "ran").exists()


# -- by the settings -------------------------------------------------------------------------------------------------


def test_a_reader_of_the_hub_answers_and_the_built_in_one_checks(tiny: Any) -> None:
    cache = Config().cache  # the user's own, so that a machine converts the model once
    reader = load_reader(Config(cache=cache, reader=f"hub:{tiny.reader()}"))
    assert isinstance(reader, ReadsAndChecks)
    assert reader.answers(ASKED, [TOLD])[0].answerable > 0.99
    ours = load_reader(Config(cache=cache))
    assert isinstance(ours, Reader)
    pair = [("The bridge was mended.", TOLD)]
    assert reader.supports(pair) == ours.supports(pair)
    checker = load_checker(Config(cache=cache, reader=f"hub:{tiny.reader()}"))
    assert isinstance(checker, Reader), "who only checks loads no other"


def test_a_reader_nobody_names(config: Config) -> None:
    with pytest.raises(UsageError, match=r"^'' names no reader; give a folder"):
        load_reader(Config(cache=config.cache, reader="hub:"))


def test_no_model_of_the_hub_is_looked_for_on_the_network(
    tiny: Any, reached: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert HubReader(str(tiny.reader())).answers(ASKED, [TOLD])
    assert GroundingModel(str(tiny.classifier("entailment", "neutral"))).probabilities([(TOLD, TOLD)])
    assert CrossEncoderReranker(str(tiny.classifier("score"))).scores(ASKED, [TOLD])
    for load, said in (
        (HubReader, "reader"),
        (GroundingModel, "judge"),
        (CrossEncoderReranker, "reranker"),
        (SentenceTransformerEmbedder, "embedder"),
    ):
        with pytest.raises(
            ModelError, match=rf"^the {said} no/model is not on this machine; run `dateline models fetch"
        ):
            load("no/model")
    assert reached == []


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_weights_of_the_built_in_reader_say_the_same_by_either_way(tmp_path: Path) -> None:
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForQuestionAnswering

    model = BertForQuestionAnswering(BertConfig.from_pretrained(str(model_folder())))
    named = {name: torch.from_numpy(value) for name, value in unpack(ANSWERING).items()}
    model.bert.load_state_dict({k.removeprefix("encoder."): v for k, v in named.items() if k.startswith("encoder.")})
    model.qa_outputs.load_state_dict({part: named[f"answer_head.{part}"] for part in ("weight", "bias")})
    model.save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(str(model_folder())).save_pretrained(tmp_path)

    passages = [
        TOLD,
        "It was built in 1904 of granite. Ines Holt, who mended it, was paid 300 crowns.",
        "Rain.",
        TOLD * 9,
    ]
    ours, theirs = Reader(ANSWERING, Config().cache), HubReader(str(tmp_path))
    for question in (ASKED, "When did the ferry sink?", "What did Ines Holt earn?", "Who won the election?"):
        for one, other in zip(ours.answers(question, passages), theirs.answers(question, passages), strict=True):
            assert other.sentences == pytest.approx(one.sentences, abs=0.05)
            sure = [at for at, chance in enumerate(one.sentences) if chance > 0.5]
            assert [other.spans[at] for at in sure] == [one.spans[at] for at in sure]
