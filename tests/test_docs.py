"""The examples in docs/ run as they are printed."""

import doctest
import json
import re
import shutil
from pathlib import Path

import pytest

import eval as harness
import rag
from rag.answering.backends.script import scripted

BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
SESSION = re.compile(r"^```pycon\n(.*?)^```", re.DOTALL | re.MULTILINE)
ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def test_the_examples_of_evaluation(stories_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from llama_index.core import SummaryIndex
    from llama_index.core.schema import TextNode

    monkeypatch.setenv("DATELINE_DATA", str(stories_folder))
    monkeypatch.setenv("DATELINE_EMBEDDER", "stub")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "questions.jsonl").write_text(json.dumps({"question": "Why did Mayor Finch resign?"}))
    nodes = [TextNode(text="Mayor Finch resigned on Monday.")]
    llm = scripted({"*": "Mayor Finch resigned on Monday."})
    names = {"engine": SummaryIndex(nodes).as_query_engine(llm=llm)}
    blocks = BLOCK.findall((DOCS / "evaluation.md").read_text(encoding="utf-8"))
    assert len(blocks) >= 2
    for block in blocks:
        exec(block, names)
        figures = harness.summarise(names["run"].cases, names["run"].ks).figures
        assert figures["answered"].value == 1


def test_the_examples_of_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the built-in embedder, as a reader would run them, in a folder that holds nothing but the starter articles."""
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    monkeypatch.chdir(tmp_path)
    text = (DOCS / "library.md").read_text(encoding="utf-8")
    sessions = "\n".join(SESSION.findall(text))
    examples = doctest.DocTestParser().get_doctest(sessions, {}, "library.md", str(DOCS / "library.md"), 0)
    told: list[str] = []
    failed, tried = doctest.DocTestRunner(verbose=False).run(examples, out=told.append)
    assert not failed, "".join(told)
    assert tried > 30


@pytest.mark.parametrize("name", rag.__all__)
def test_the_library_shows_every_name_in_use(name: str) -> None:
    text = (DOCS / "library.md").read_text(encoding="utf-8")
    told = text if is_error(name) else "\n".join(SESSION.findall(text))
    assert re.search(rf"\b{name}\b", told)


def is_error(name: str) -> bool:
    """Tell errors, of which a table is enough, from what is shown in an example."""
    value = getattr(rag, name)
    return isinstance(value, type) and issubclass(value, rag.DatelineError)
