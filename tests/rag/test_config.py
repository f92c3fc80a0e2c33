"""Where a setting comes from, which one wins, and what is said about a wrong one."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.config import Config, load
from rag.errors import ConfigError, DatelineError, UsageError

KEYS = [field.name for field in dataclasses.fields(Config)]
# A place to put a setting: (what the message calls the place, what it calls the key, how to load with it).
Place = tuple[str, Callable[[str], str], Callable[[str, Any], Config]]


@pytest.fixture(params=["file", "environment", "flags"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return one of the three places where a setting may stand."""

    def from_file(key: str, value: Any) -> Config:
        shown = str(value).lower() if isinstance(value, int | float) else f'"{value}"'
        (tmp_path / "dateline.toml").write_text(f"{key} = {shown}\n")
        return load(folder=tmp_path)

    def from_environment(key: str, value: Any) -> Config:
        monkeypatch.setenv(f"DATELINE_{key.upper()}", str(value))
        return load(folder=tmp_path)

    def from_flags(key: str, value: Any) -> Config:
        return load({key: value}, folder=tmp_path)

    places: dict[str, Place] = {
        "file": (str(tmp_path / "dateline.toml"), str, from_file),
        "environment": ("the environment", lambda key: f"DATELINE_{key.upper()}", from_environment),
        "flags": ("the command line", lambda key: f"--{key.replace('_', '-')}", from_flags),
    }
    return places[request.param]


def test_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert load(folder=tmp_path) == Config(
        data=Path("data"),
        cache=tmp_path / "xdg" / "dateline",
        embedder=None,
        llm="none",
        k=10,
        port=7860,
    )


def test_the_cache_is_in_the_home_folder_where_nobody_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert load(folder=tmp_path).cache == tmp_path / ".cache" / "dateline"


def test_the_nearer_place_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dateline.toml").write_text('k = 1\nport = 1001\nembedder = "from the file"\n')
    monkeypatch.setenv("DATELINE_K", "2")
    monkeypatch.setenv("DATELINE_PORT", "1002")
    config = load({"k": 3}, folder=tmp_path)
    assert (config.k, config.port, config.embedder, config.llm) == (3, 1002, "from the file", "none")


def test_a_flag_that_is_not_given_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_K", "2")
    assert load({"k": None, "data": None}, folder=tmp_path).k == 2


def test_the_file_is_read_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dateline.toml").write_text("k = 4\n")
    monkeypatch.chdir(tmp_path)
    assert load().k == 4


def test_every_setting_can_stand_everywhere(place: Place) -> None:
    good: dict[str, Any] = {
        "data": "somewhere",
        "cache": "elsewhere",
        "embedder": "stub",
        "reranker": "some/model",
        "reader": "reader.npz",
        "judge": "model:some/judge",
        "llm": "scripted:replies.jsonl",
        "llm_timeout": 2.5,
        "llm_requests": 2,
        "llm_context": 4096,
        "llm_reply": 512,
        "prices": "2.50,10",
        "max_cost": 1.5,
        "record": "replies.jsonl",
        "prompt": "mine.txt",
        "check": "model:scripted:judge.jsonl",
        "k": 7,
        "port": 8080,
        "keep_answers": False,
        "chroma_url": "http://127.0.0.1:8000",
    }
    assert set(good) == set(KEYS)
    _, _, load_with = place
    for key, value in good.items():
        config = load_with(key, value)
        expected = {"data": Path, "cache": Path, "record": Path, "prompt": Path}.get(key, type(value))(value)
        assert dataclasses.asdict(config)[key] == ((2.5, 10.0) if key == "prices" else expected)
    assert load_with("data", "~/news").data == Path("~/news").expanduser()


def test_an_unknown_key_is_named_with_its_place_and_all_that_are_allowed(place: Place) -> None:
    where, shown, load_with = place
    with pytest.raises(ConfigError) as error:
        load_with("colour", "red")
    message = str(error.value)
    assert message.startswith(f"unknown setting {shown('colour')!r} in {where}; allowed are ")
    assert message.split("allowed are ")[1].split(", ") == [shown(key) for key in KEYS]


BAD: list[tuple[str, Any, str]] = [
    ("k", 0, "a whole number from 1 to 100"),
    ("k", 101, "a whole number from 1 to 100"),
    ("k", "ten", "a whole number from 1 to 100"),
    ("k", "2.5", "a whole number from 1 to 100"),
    ("port", 65536, "a whole number from 1 to 65535"),
    ("port", "", "a whole number from 1 to 65535"),
    ("embedder", "  ", "a name, not empty"),
    ("reranker", "", "a name, not empty"),
    ("llm", "", "a name, not empty"),
    ("data", "", "a path"),
    ("cache", "", "a path"),
    ("prompt", "", "a path"),
    ("check", "nobody", "reader, llm, both or model:NAME"),
    ("check", "model:", "reader, llm, both or model:NAME"),
]


@pytest.mark.parametrize(("key", "value", "takes"), BAD, ids=[f"{key}={value!r}" for key, value, _ in BAD])
def test_a_bad_value_is_named_with_its_place_and_what_is_allowed(
    place: Place, key: str, value: Any, takes: str
) -> None:
    where, shown, load_with = place
    with pytest.raises(ConfigError) as error:
        load_with(key, value)
    message = str(error.value)
    assert message.startswith(f"{shown(key)} = ")
    assert message.endswith(f" in {where} is not allowed; it takes {takes}")
    assert repr(value) in message or repr(str(value)) in message


@pytest.mark.parametrize(
    "line",
    [
        "k = 5.0",
        "k = true",
        "k = [5]",
        "data = 5",
        "embedder = 1",
        "llm = []",
        "data = 2024-01-01",
    ],
)
def test_a_value_of_the_wrong_type_in_the_file(tmp_path: Path, line: str) -> None:
    (tmp_path / "dateline.toml").write_text(line + "\n")
    with pytest.raises(ConfigError, match=r"dateline\.toml is not allowed; it takes a"):
        load(folder=tmp_path)


def test_a_table_in_the_file_is_an_unknown_setting(tmp_path: Path) -> None:
    (tmp_path / "dateline.toml").write_text("[search]\nk = 5\n")
    with pytest.raises(ConfigError, match=r"unknown setting 'search' in .*dateline\.toml"):
        load(folder=tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"k = ", b"k = 5\nk = 6\n", b"\xff\xfe", b"not toml at all"],
    ids=["no value", "twice", "UTF-16", "prose"],
)
def test_a_file_that_is_not_toml(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "dateline.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=r"dateline\.toml is not valid TOML \(.*\); mend or remove it") as error:
        load(folder=tmp_path)
    assert "\n" not in str(error.value)


def test_a_file_that_can_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "dateline.toml").mkdir()
    with pytest.raises(ConfigError, match=r"dateline\.toml can't be read \(Is a directory\)"):
        load(folder=tmp_path)


def test_other_peoples_variables_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINES", "x")
    monkeypatch.setenv("MY_DATELINE_COLOUR", "red")
    assert load(folder=tmp_path).k == 10


@given(st.integers(1, 100))
def test_any_allowed_number_is_taken_as_a_number_or_as_text(k: int) -> None:
    nowhere = Path("no such folder")
    assert load({"k": k}, folder=nowhere).k == load({"k": f" {k} "}, folder=nowhere).k == k


@given(st.integers().filter(lambda k: not 1 <= k <= 100))
def test_no_other_number_is_taken(k: int) -> None:
    with pytest.raises(ConfigError, match="a whole number from 1 to 100"):
        load({"k": k}, folder=Path("no such folder"))


def test_a_config_error_is_a_usage_error_with_exit_code_2() -> None:
    assert issubclass(ConfigError, UsageError)
    assert issubclass(UsageError, DatelineError)
    assert ConfigError.exit_code == 2


@pytest.mark.parametrize("key", ["data", "cache"])
def test_a_file_where_a_folder_must_be_is_named(key: str, place: Place, tmp_path: Path) -> None:
    where, shown, load_it = place
    file = tmp_path / "notes.txt"
    file.write_text("no folder")
    with pytest.raises(ConfigError) as raised:
        load_it(key, str(file))
    assert str(raised.value).startswith(f"{shown(key)} = ")
    assert str(raised.value).endswith(f"in {where} is not allowed; it takes a folder; this is a file")
    assert file.read_text() == "no folder"
