"""Who imports whom: one direction, and nothing heavy before it is needed. And that tests stay on this machine."""

import ast
import contextlib
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOUSE = ("rag", "corpus", "eval", "cli", "web", "app")
FILES = sorted(
    path.relative_to(ROOT)
    for place in HOUSE
    for path in ([ROOT / "app.py"] if place == "app" else (ROOT / place).rglob("*.py"))
    if path.exists()
)
GROUND = ("rag.types", "rag.errors", "rag.config", "rag.noted")
WINGS = ("text", "archive", "question", "search", "reading", "answering")  # each may import those before it
# What each part may import of the house, by the first names of the module; app.py may import all.
MAY: dict[str, tuple[str, ...]] = {
    "rag": ("rag",),
    **{f"rag/{wing}": (*GROUND, *(f"rag.{each}" for each in WINGS[: at + 1])) for at, wing in enumerate(WINGS)},
    "corpus": ("corpus", *GROUND, "rag.text.decode"),
    "eval": ("eval", "rag"),
    "cli": ("cli", "corpus", "eval", "rag", "web"),
    "web": ("web", "corpus", "eval", "rag"),
}


def allowed_in(file: Path) -> tuple[str, ...]:
    """Return what `file` may import of the house: what its folder may, or the nearest folder above that is named."""
    return next(MAY[str(folder)] for folder in file.parents if str(folder) in MAY)


def imported(source: str, package: str) -> Iterator[str]:
    """Yield every module that `source` imports, at any depth, `from a import b` as "a.b"."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def within(module: str, allowed: tuple[str, ...]) -> bool:
    return any(module == name or module.startswith(name + ".") for name in allowed)


def package_of(file: Path) -> str:
    return ".".join(file.parent.parts)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import rag.types", ["rag.types"]),
        ("from rag import types, errors", ["rag.types", "rag.errors"]),
        ("from rag.types import Article", ["rag.types.Article"]),
        ("from . import metrics", ["eval.metrics"]),
        ("from .metrics import recall", ["eval.metrics.recall"]),
        ("def late():\n    import corpus", ["corpus"]),
    ],
)
def test_the_reader_of_imports(source: str, expected: list[str]) -> None:
    assert list(imported(source, "eval")) == expected


def test_there_is_a_house_to_check() -> None:
    assert {file.parts[0] for file in FILES} >= {"rag", "corpus", "eval"}
    assert Path("cli/main.py") in FILES
    assert {file.parts[1] for file in FILES if len(file.parts) == 3 and file.parts[0] == "rag"} == set(WINGS)


@pytest.mark.parametrize("file", [f for f in FILES if f.parts[0] in MAY], ids=str)
def test_imports_run_one_way(file: Path) -> None:
    allowed = allowed_in(file)
    modules = imported((ROOT / file).read_text(encoding="utf-8"), package_of(file))
    wrong = [module for module in modules if module.split(".")[0] in HOUSE and not within(module, allowed)]
    assert not wrong, f"{file} imports {', '.join(wrong)}; it may import {', '.join(allowed)}"


@pytest.mark.parametrize("name", ["types", "errors", "config"])
def test_the_ground_floor_stands_on_itself(name: str) -> None:
    file = Path("rag") / f"{name}.py"
    modules = set(imported((ROOT / file).read_text(encoding="utf-8"), "rag"))
    assert all(within(module, ("rag.types", "rag.errors")) for module in modules if module.startswith("rag"))
    foreign = {module.split(".")[0] for module in modules} - sys.stdlib_module_names - {"rag", "__future__"}
    assert foreign <= ({"numpy"} if name == "types" else set()), "numpy is for type checkers only"


def settings_read(source: str) -> list[str]:
    """Return the DATELINE_ variables that `source` takes from a mapping or function by name, such as os.environ."""
    keys: list[ast.expr] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            keys.append(node.slice)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in (
            "get",
            "getenv",
        ):
            keys += node.args[:1]
    names = [key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
    return [name for name in names if name.startswith("DATELINE_")]


def test_the_reader_of_settings() -> None:
    assert settings_read('os.environ["DATELINE_A"], os.environ.get("DATELINE_B"), getenv("DATELINE_C", "")') == [
        "DATELINE_A",
        "DATELINE_B",
        "DATELINE_C",
    ]
    assert settings_read('print("set DATELINE_PORT"); os.environ["HOME"]') == []


@pytest.mark.parametrize("file", [file for file in FILES if file != Path("rag/config.py")], ids=str)
def test_only_the_config_reads_settings_from_the_environment(file: Path) -> None:
    assert settings_read((ROOT / file).read_text(encoding="utf-8")) == []


HEAVY = {
    "torch",
    "transformers",
    "sentence_transformers",
    "llama_index",
    "gradio",
    "chromadb",
    "onnxruntime",
    "openvino",
    "trafilatura",
    "playwright",
}


@pytest.mark.parametrize(
    "module",
    [
        "rag",
        "rag.types",
        "rag.config",
        "rag.search.retrieve",
        "rag.answering.extract",
        "rag.pipeline",
        "rag.archive.ingest",
        "corpus",
        "eval",
        "cli.main",
    ],
)
def test_what_is_heavy_is_imported_when_it_is_needed(module: str) -> None:
    script = f"import sys, {module}; print(*sorted({HEAVY!r} & {{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_the_nouns_load_the_standard_library_only() -> None:
    script = "import sys; before = set(sys.modules); import rag, rag.types; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    names = {name.split(".")[0] for name in done.stdout.split()}
    assert names - sys.stdlib_module_names == {"rag"}, done.stderr


# -- the seal --------------------------------------------------------------------------------------------------------


def _connect(host: str) -> None:
    with socket.socket() as one:
        one.connect((host, 80))


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: _connect("192.0.2.1"),
        lambda: socket.create_connection(("192.0.2.1", 80), timeout=1),
        lambda: socket.getaddrinfo("news.example", 80),
        lambda: socket.create_connection(("localhost.example", 80), timeout=1),
    ],
    ids=["connect", "create_connection", "getaddrinfo", "a name that looks local"],
)
def test_a_test_can_not_leave_this_machine(attempt: Callable[[], object], reached: list[str]) -> None:
    sealed = pytest.raises(pytest.fail.Exception, match=r"a test tried to reach .*; tests use no network")
    with sealed, contextlib.suppress(Exception):  # a library that shrugs off its errors does not get past it
        attempt()
    assert reached
    reached.clear()


def test_a_test_can_reach_this_machine(reached: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        for host in ("127.0.0.1", "localhost"):
            with socket.create_connection((host, port), timeout=5):
                pass
    assert reached == []
