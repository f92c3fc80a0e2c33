"""`dateline models list|fetch|check`: the models on this machine, and more of them by the user's word."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.console import interruptible, print_json
from cli.options import Json
from rag.config import load
from rag.errors import ModelError, UsageError

models = typer.Typer(no_args_is_help=True, help="Models: what is here, fetching more, trying them.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="As on the Hugging Face hub, such as owner/model")]
_USED = {
    "reader": 'reader = "hub:{}"',
    "judge": 'judge = "model:{}"',
    "reranker": 'reranker = "model:{}"',
    "embedder": 'embedder = "{}"',
}


@models.command("list", epilog="Example: `dateline models list --json`")
def list_(as_json: Json = False) -> None:
    """Say which models are here: the two that come along, with their checksums, and those in the hub's cache."""
    from rag.text.models import cached

    rows = [*_built_in(), *({"name": m.name, "kind": m.kind, "bytes": m.size, "state": "fetched"} for m in cached())]
    if as_json:
        print_json({"models": rows})
        return
    width = max(len(row["name"]) for row in rows)
    for row in rows:
        print(f"{row['name']:<{width}}  {row['kind']:<9} {_megabytes(row['bytes']):>9}  {row['state']}")


@models.command(
    epilog="Example: `dateline models fetch cross-encoder/ettin-reranker-17m-v1`. docs/models.md says what is worth it."
)
def fetch(
    name: Name,
    pickles: Annotated[
        bool,
        typer.Option("--pickles", help="Take pickled weights where there are no safetensors; only from who you trust"),
    ] = False,
    as_json: Json = False,
) -> None:
    """Download a model to the hub's cache: the only command that reaches the hub."""
    from rag.text.download import fetch as download

    with interruptible(lambda: "what was downloaded is kept; run the same command again to go on"):
        found = download(name, pickles=pickles, progress=sys.stderr.isatty())
    if as_json:
        print_json({"name": name, **asdict(found), "folder": str(found.folder)})
        return
    licence = f"licence {found.licence}" if found.licence else "its page names no licence"
    print(f"{name}: {found.kind}, {_megabytes(found.size)}, {licence}. It lies in {found.folder}.")
    if found.kind in _USED:
        print(
            f"Try it with `dateline models check {name}`; use it with {_USED[found.kind].format(name)} in dateline.toml."
        )
    else:
        print(f"Its files don't say what it can be here; try it with `dateline models check {name} --as KIND`.")


@models.command(epilog="Example: `dateline models check deepset/minilm-uncased-squad2`")
def check(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="One of the list, or a folder; of a judge NAME#LABEL too")
    ],
    take_as: Annotated[
        str | None,
        typer.Option("--as", metavar="KIND", help="reader, judge, reranker or embedder [default: by its files]"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Load a model and run it on two short texts: what it is, whether it works here, how fast. Exits with 1 where it doesn't."""
    from rag.reading.trial import BUILT_IN_NAMES, tried

    kind: Any = take_as
    if kind not in (None, *_USED):
        raise UsageError(f"--as {kind!r} is not known; it takes {', '.join(_USED)}")
    name = name.removeprefix("hub:").removeprefix("model:")
    found = tried(name, load().cache, kind)
    if as_json:
        print_json({"name": name, **asdict(found)})
    else:
        works = "works" if found.works else "does not tell the right text from the wrong one"
        print(f"{name}: {found.kind}, {works}: it {found.seen}.")
        print(f"Loaded in {found.load_s:.1f} s; {found.text_ms:.0f} ms a text.")
        if found.works and name not in BUILT_IN_NAMES:
            print(f"Use it with {_USED[found.kind].format(name)} in dateline.toml.")
    if not found.works:
        raise typer.Exit(1)


def _built_in() -> list[dict[str, Any]]:
    """Return the rows of the models that come along."""
    from rag.reading.reader import ANSWERING, BUILT_IN, CHECKING, SHIPPED
    from rag.text.convert import WEIGHTS_SHA256, check_weights, model_folder
    from rag.text.embed import DEFAULT

    def row(name: str, kind: str, weights: Callable[[], Path], digest: str) -> dict[str, Any]:
        size = 0
        try:
            check_weights(weights(), digest, "install it anew")
            size = weights().stat().st_size
            state = f"comes along, checksum as published ({digest[:8]})"
        except ModelError as error:
            state = f"can't be used: {error}"
        return {"name": name, "kind": kind, "bytes": size, "state": state}

    return [
        row(BUILT_IN, "reader", lambda: ANSWERING, SHIPPED[ANSWERING]),
        row(BUILT_IN, "judge", lambda: CHECKING, SHIPPED[CHECKING]),
        row(DEFAULT, "embedder", lambda: model_folder() / "model.safetensors", WEIGHTS_SHA256),
    ]


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
