"""The examples in docs/ run as they are printed, on the archive of the eight stories."""

import json
import re
from pathlib import Path

import pytest

import eval as harness
from rag.answering.llm import scripted

BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
DOCS = Path(__file__).parent.parent / "docs"


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
