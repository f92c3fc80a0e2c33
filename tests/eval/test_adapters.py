"""Another system's answers, from a file or an engine, measured as ours are."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eval.adapters import Given, QueryEngineAnswers, as_answer, read_answers
from eval.datasets import Question, Questions
from eval.judge import LexicalJudge
from eval.run import Case, evaluate
from rag.errors import UsageError
from rag.types import Article

FERRY = "The ferry Gannet sank off Orrismouth on Friday. All 41 people were rescued."
MAYOR = "Mayor Finch resigned on Monday because the council rejected his budget."


def article(name: str, text: str) -> Article:
    return Article(name, None, "", "", text, name)


CONTEXTS = (article("ferry", FERRY), article("mayor", MAYOR))


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write(*rows: Any) -> Path:
        path = tmp_path / "theirs.jsonl"
        path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
        return path

    return write


def measured(path: Path, *questions: Question) -> tuple[Case, ...]:
    return evaluate(Questions(questions), read_answers(path), judge=LexicalJudge()).cases


def test_answers_of_a_file_are_measured(write: Callable[..., Path]) -> None:
    contexts = [{"text": MAYOR, "url": "https://a.example/mayor"}, FERRY]
    path = write(
        {"question": "Who  resigned?", "answer": "Mayor Finch resigned on Monday [1].", "contexts": contexts},
        {"question": "Who sank?", "answer": "The mayor of Hexley sank in 1990 [2].", "contexts": contexts},
        {"question": "Who won?", "answer": None, "contexts": contexts, "confidence": 0.25},
    )
    right, wrong, refused, missing = measured(
        path,
        Question("a", "Who resigned?", True, articles=("https://a.example/mayor",), key_facts=("Finch",)),
        Question("b", "Who sank?", True, articles=("https://a.example/mayor",), key_facts=("Gannet",)),
        Question("c", "Who won?", False),
        Question("d", "Who else?"),
    )
    assert (right.status, right.supported, right.sentences, right.exact_quotes, right.quotes) == (
        "answered",
        1,
        1,
        1,
        1,
    )
    assert (right.gold_cited, right.citation_precision, right.key_fact_quoted, right.recall) == (1.0, 1.0, True, 1.0)
    assert (wrong.supported, wrong.gold_cited, wrong.key_fact_quoted) == (0, 0.0, False)
    assert (refused.status, refused.confidence) == ("not_in_corpus", 0.25)
    assert missing.status == "crashed" and missing.error == "UsageError: theirs.jsonl has no answer to this question"


def test_contexts_of_one_id_are_parts_of_one_article(write: Callable[..., Path]) -> None:
    finch = [{"text": text, "id": "finch"} for text in (MAYOR, FERRY)]
    path = write(
        {"question": "Who resigned?", "answer": f"{MAYOR} [1] All 41 people were rescued [2].", "contexts": finch},
        {"question": "Who else?", "answer": "Bread rose [1].", "contexts": [{"text": "Bread rose.", "id": "finch"}]},
    )
    gold = {"articles": ("finch",)}
    both, other = measured(path, Question("a", "Who resigned?", True, **gold), Question("b", "Who else?", True, **gold))
    assert (both.exact_quotes, both.quotes, both.gold_cited, both.recall) == (2, 2, 1.0, 1.0)
    assert both.supported == both.sentences == 2
    assert (other.exact_quotes, other.supported, other.gold_cited) == (1, 1, 1.0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("It sank [1]. He left [2].", [("It sank.", (1,)), ("He left.", (2,))]),
        ("It sank. [1] He left.", [("It sank.", (1,)), ("He left.", ())]),
        ("It sank [2].\n\n[1]", [("It sank.", (2, 1))]),
        ("[1]\n\nIt sank.", [("It sank.", ())]),
        ("It sank [1, 2].", [("It sank.", (1, 2))]),
        ("It sank [3].", [("It sank.", ())]),
        ("It sank. He left.", [("It sank.", (1, 2)), ("He left.", (1, 2))]),
    ],
    ids=[
        "each its own",
        "behind the stop",
        "in a line of its own",
        "before any sentence",
        "two",
        "no such context",
        "no marker at all",
    ],
)
def test_a_sentence_is_held_against_what_it_cites(text: str, told: list[tuple[str, tuple[int, ...]]]) -> None:
    answer = as_answer("Q?", Given(text, CONTEXTS), {each.id: each for each in CONTEXTS})
    assert [(s.text, s.citations) for s in answer.sentences] == told
    assert {s.verdict for s in answer.sentences} == {"unjudged"}
    assert [c.n for c in answer.citations] == sorted({n for _, numbers in told for n in numbers})
    assert all(c.quote == CONTEXTS[c.n - 1].text for c in answer.citations)
    assert [hit.article.id for hit in answer.hits] == ["ferry", "mayor"]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (None, "not_in_corpus"),
        (" \n", "not_in_corpus"),
        ("Insufficient information.", "not_in_corpus"),
        ("Sorry, I don’t know.", "not_in_corpus"),
        ("The witness said: I don't know [1].", "answered"),
        ("I don't know is what the witness said " + "again and " * 20 + "again.", "answered"),
        ("Yes.", "answered"),
    ],
)
def test_what_counts_as_declining(text: str | None, status: str) -> None:
    answer = as_answer("Q?", Given(text, CONTEXTS), {each.id: each for each in CONTEXTS})
    assert answer.status == status
    assert answer.confidence == (1.0 if status == "answered" else 0.0)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ((), "holds no answer; give JSONL"),
        (("{",), "line 1 is no answer"),
        (({"answer": "x"},), "line 1 is no answer (it has no question)"),
        (({"question": "Q?", "answer": 3},), "'answer' must be a text, or null"),
        (({"question": "Q?", "answer": "x", "contexts": "text"},), "'contexts' must be a list"),
        (({"question": "Q?", "answer": "x", "contexts": [{"id": "a"}]},), "a context has no 'text'"),
        (({"question": "Q?", "answer": "x", "confidence": 2},), "'confidence' must be a number from 0 to 1"),
        (
            ({"question": "Q?", "answer": "x"}, {"question": " Q? ", "answer": "y"}),
            "line 2 answers a question for the second",
        ),
    ],
)
def test_a_file_of_another_form(write: Callable[..., Path], rows: tuple[Any, ...], message: str) -> None:
    with pytest.raises(UsageError) as error:
        read_answers(write(*rows))
    assert message in str(error.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"can't read the answers in .* \(No such file or directory\); name a JSONL file"
    ):
        read_answers(tmp_path / "none.jsonl")


def test_a_llama_index_engine_is_asked() -> None:
    from llama_index.core import PromptTemplate, get_response_synthesizer
    from llama_index.core.query_engine import RetrieverQueryEngine
    from llama_index.core.retrievers import BaseRetriever
    from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

    from rag.answering.backends.script import scripted

    class Fixed(BaseRetriever):
        def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
            node = TextNode(text=MAYOR, id_="n1", metadata={"url": "https://a.example/mayor", "source": "Harbor News"})
            return [NodeWithScore(node=node, score=1.0)]

    llm = scripted({"Who resigned?": "Mayor Finch resigned on Monday.", "*": "Insufficient information."})
    template = PromptTemplate("{context_str}\nQuestion: {query_str}\n")
    engine = RetrieverQueryEngine(Fixed(), get_response_synthesizer(llm=llm, text_qa_template=template))
    asked = (
        Question("a", "Who resigned?", True, articles=("https://a.example/mayor",), key_facts=("Finch",)),
        Question("b", "Who won the cup?", False),
    )
    answered, refused = evaluate(Questions(asked), QueryEngineAnswers(engine), judge=LexicalJudge()).cases
    assert (answered.status, answered.supported, answered.gold_cited, answered.key_fact_quoted) == (
        "answered",
        1,
        1.0,
        True,
    )
    assert refused.status == "not_in_corpus"
