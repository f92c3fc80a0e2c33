"""Where a model lies, what it can be, and that nothing is looked for on the network."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag.errors import DatelineError, ModelError, UsageError
from rag.text.models import cached, kind_of, labels_of, located, supported_label

Put = Callable[..., Path]


@pytest.fixture
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Put:
    """Return what puts files into an empty hub cache as a model's only revision, and gives their folder."""
    root = tmp_path / "hub"
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(root))

    def put(name: str, **files: str) -> Path:
        storage = root / f"models--{name.replace('/', '--')}"
        folder = storage / "snapshots" / ("a" * 40)
        folder.mkdir(parents=True)
        (storage / "refs").mkdir()
        (storage / "refs" / "main").write_text("a" * 40)
        for file, text in files.items():
            (folder / file.replace("__", ".")).write_text(text)
        return folder

    return put


def test_a_folder_is_itself(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder: Path = tiny.reader()
    assert located(str(folder)) == folder
    monkeypatch.chdir(folder.parent)
    assert located(folder.name).resolve() == folder


def test_a_model_of_the_hub_is_found_in_its_cache(hub_cache: Put) -> None:
    folder = hub_cache("some/model", config__json="{}", model__safetensors="x")
    assert located("some/model") == folder


def test_what_is_not_here_is_said_with_the_remedy(hub_cache: Put, reached: list[str], monkeypatch: Any) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    with pytest.raises(
        ModelError,
        match=r"^the reader some/other is not on this machine; run `dateline models fetch some/other`, or give a folder$",
    ):
        located("some/other", "reader")
    assert reached == []


def test_a_model_that_is_only_partly_here(hub_cache: Put) -> None:
    hub_cache("no/weights", config__json="{}")
    with pytest.raises(
        ModelError, match=r"^no/weights holds no weights for the judge .*run `dateline models fetch no/weights`$"
    ):
        located("no/weights", "judge")
    hub_cache("no/config", model__safetensors="x")
    with pytest.raises(ModelError, match=r"^no/config holds no model that can be the judge"):
        located("no/config", "judge")


def test_a_folder_that_holds_no_model(tmp_path: Path) -> None:
    with pytest.raises(
        ModelError, match=r"holds no model that can be the reader \(it has no config\.json\); name another"
    ):
        located(str(tmp_path), "reader")
    with pytest.raises(ModelError, match=r"^there is no folder .*nothing to load the reader from; check the path$"):
        located(str(tmp_path / "nothing"), "reader")


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", "..", "../up", "some/../../up", "/tmp/../etc", "a/b/c", "a--b/c", "-rf/x", "some/model\n", "a b/c"),
        *(
            "some/model?x=1",
            "https://hub.example/some/model",
            "é/è",
            "a\0b",
            "x" * 97,
            "some/.hidden",
            "a\\b",
            "./",
            "~nobody/x",
        ),
    ],
)
def test_names_that_can_not_be(hub_cache: Put, name: str, reached: list[str]) -> None:
    with pytest.raises((UsageError, ModelError)) as raised:
        located(name)
    assert "\n" not in str(raised.value)
    assert reached == []


@pytest.mark.parametrize(
    ("labels", "at"),
    [
        (["entailment", "neutral", "contradiction"], 0),
        (["not_entailment", "entailment"], 1),
        (["Not Entailment", "ENTAILMENT"], 1),
        (["not entailment", "other"], 1),
        (["unsupported", "x"], 1),
        (["SUPPORTS", "REFUTES", "NOT ENOUGH INFO"], 0),
        (["non-entailment-x", "entailment-y"], None),
        (["contradiction", "neutral"], None),
        (["entailment", "supported"], None),
        (["LABEL_0", "LABEL_1"], None),
        (["unsupported", "neutral", "x"], None),
        ([], None),
    ],
)
def test_labels_are_compared_whole(labels: list[str], at: int | None) -> None:
    assert supported_label(labels) == at


def test_what_each_can_be(tiny: Any, tmp_path: Path) -> None:
    from sentence_transformers import CrossEncoder

    assert kind_of(tiny.reader(family="roberta")) == "reader"
    assert kind_of(tiny.classifier("entailment", "neutral")) == "judge"
    assert kind_of(tiny.marker("supported", "hallucinated")) == "judge"
    assert kind_of(tiny.classifier("score")) == "reranker"
    assert kind_of(tiny.classifier("good", "bad")) == "unknown"
    CrossEncoder(str(tiny.classifier("score"))).save_pretrained(str(tmp_path))
    assert kind_of(tmp_path) == "reranker"


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        ("", "unknown"),
        ("[]", "unknown"),
        ("[" * 100_000, "unknown"),
        ('{"architectures": null}', "unknown"),
        ('{"architectures": [3]}', "unknown"),
        ('{"architectures": ["BertForMaskedLM"]}', "unknown"),
        ('{"architectures": ["BertForQuestionAnswering"]}', "reader"),
        ('{"architectures": ["BertForSequenceClassification"], "id2label": {"0": "a", "7": "b"}}', "unknown"),
        ('{"architectures": ["BertForSequenceClassification"], "id2label": 5, "num_labels": -3}', "unknown"),
        ('{"architectures": ["BertForSequenceClassification"], "id2label": {"0": "x"}}', "reranker"),
    ],
)
def test_any_config_is_read(tmp_path: Path, config: str, kind: str) -> None:
    (tmp_path / "config.json").write_text(config)
    assert kind_of(tmp_path) == kind
    assert labels_of(tmp_path)


def test_an_embedder_is_told_by_its_modules(tmp_path: Path) -> None:
    (tmp_path / "modules.json").write_text("[]")
    assert kind_of(tmp_path) == "embedder"
    (tmp_path / "config_sentence_transformers.json").write_text(json.dumps({"model_type": "SparseEncoder"}))
    assert kind_of(tmp_path) == "unknown"


def test_the_cache_is_listed(hub_cache: Put) -> None:
    assert list(cached()) == []
    hub_cache("b/reader", config__json='{"architectures": ["BertForQuestionAnswering"]}', model__safetensors="xx")
    hub_cache("a/half", config__json="{}")
    hub_cache("a/other", config__json="{}", model__safetensors="x")
    found = [(each.name, each.kind) for each in cached()]
    assert found == [("a/other", "unknown"), ("b/reader", "reader")]
    assert all(each.size > 0 for each in cached())


def test_a_name_that_is_wrong_is_an_error_of_ours() -> None:
    with pytest.raises(DatelineError):
        located("..")
