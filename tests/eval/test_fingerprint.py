"""What decides answers has a fingerprint that changes with it, and with nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from eval import fingerprint


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with two packages of code of which the fingerprint is taken."""
    for name in ("rag", "eval"):
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / "deep" / "a.py").write_text(f"print({name!r})")
    monkeypatch.setattr(fingerprint, "files", lambda package: tmp_path / package)
    return tmp_path


def test_code_is_what_the_files_hold(packages: Path) -> None:
    first = fingerprint.code()
    (packages / "rag" / "__pycache__").mkdir()
    (packages / "rag" / "__pycache__" / "a.pyc").write_bytes(b"compiled")
    assert fingerprint.code() == first
    (packages / "rag" / "deep" / "a.py").write_text("print('rag' )")
    changed = fingerprint.code()
    shutil.move(packages / "rag" / "deep" / "a.py", packages / "rag" / "a.py")
    assert len({first, changed, fingerprint.code()}) == 3


def test_the_fingerprint_of_our_own_code_stays() -> None:
    assert fingerprint.code() == fingerprint.code()
    assert fingerprint.libraries()["numpy"]


def test_models_are_told_by_what_they_hold(tmp_path: Path) -> None:
    script = tmp_path / "replies.jsonl"
    script.write_text("one")
    settings = {"llm": f"scripted:{script}", "reranker": "none", "embedder": str(tmp_path), "k": str(script)}
    first = fingerprint.models(settings)
    assert first.keys() == {"llm", "embedder"}
    script.write_text("two")
    second = fingerprint.models(settings)
    assert first["llm"] != second["llm"] and first["embedder"] != second["embedder"]


@pytest.mark.parametrize(
    "name", ["", "none", "openai:gpt", "http://localhost:11434", "no-such/model", "a b/c?", "x" * 9000, "nul\0"]
)
def test_of_what_is_not_here_nothing_is_known(name: str) -> None:
    assert fingerprint.models({"llm": name}) == {}


def test_a_fetched_model_is_told_by_its_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tmp_path / "models--somebody--reader"
    for place, text in (("refs/main", "abc123"), ("snapshots/abc123/config.json", "{}")):
        (model / place).parent.mkdir(parents=True, exist_ok=True)
        (model / place).write_text(text)
    monkeypatch.setattr(
        "huggingface_hub.try_to_load_from_cache",
        lambda name, file: str(model / "snapshots" / "abc123" / file) if name == "somebody/reader" else None,
    )
    named = {
        "judge": "model:somebody/reader",
        "checker": "model:somebody/reader#LABEL_1",
        "reader": "hub:somebody/reader",
    }
    assert fingerprint.models(named) == dict.fromkeys(named, "abc123")
