"""One word, one thing: no two classes of the house share a name."""

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOUSE = ("rag", "corpus", "eval", "cli", "web")


def classes(source: str) -> list[str]:
    """Return the names of the classes of a module, at any depth."""
    return [node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)]


def test_what_is_a_class() -> None:
    assert sorted(classes("class A:\n    class B: ...\ndef f():\n    class C: ...\nD = int")) == ["A", "B", "C"]


def test_no_two_classes_share_a_name() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in sorted(file for part in HOUSE for file in (ROOT / part).rglob("*.py")):
        for name in classes(path.read_text(encoding="utf-8")):
            places[name].append(path.relative_to(ROOT).as_posix())
    assert len(places) > 100
    assert {name: files for name, files in places.items() if len(files) > 1} == {}
