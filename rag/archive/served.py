"""The dense index in a Chroma server that the user names: the same index, kept where several processes can read it.

The folder holds only the name of the collection, so that an index is swapped in and out as one on disk is. A server that
lost its data, or another server, has no such collection: the index is made there anew, from the catalog.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rag.archive.vectors import GRAPH, NotKept, VectorIndex
from rag.errors import StorageError

_PATIENCE = 120.0  # seconds for one answer of the server
_NAMED = "server.json"  # in the folder: the collection on the server


class ServedVectors(VectorIndex):
    """Cosine similarity over passages by catalog key, asked of a server.

    Raises StorageError, in one line, whenever the server doesn't answer as it should.
    """

    def __init__(self, folder: Path, url: str) -> None:
        """Open the collection that `folder` names, making a new one in a new folder."""
        self._folder = folder
        self._client: Any = _Asked(_client(url), url)
        try:
            self._collection: Any = _Asked(self._named(folder / _NAMED), url)
        except BaseException:
            _close(self._client)
            raise

    def _named(self, named: Path) -> Any:
        if named.exists():
            name = str(json.loads(named.read_text(encoding="utf-8"))["collection"])
            return self._client.get_collection(name, embedding_function=None)
        if self._folder.exists():
            raise NotKept(f"the index in {self._folder} lies on no server; it is made anew there")
        self._folder.mkdir(parents=True)
        name = f"dateline-{secrets.token_hex(8)}"
        named.write_text(json.dumps({"collection": name}), encoding="utf-8")
        return self._client.create_collection(name, configuration=GRAPH, embedding_function=None)

    def close(self) -> None:
        """Let go of the server."""
        _close(self._client)


def _close(client: Any) -> None:
    """Let go of the server. Chroma forgets to close the connections, its own and those of the client in it that asks for rights."""
    servers = [getattr(each, "_server", None) for each in (client, getattr(client, "_admin_client", None))]
    client.close()
    for session in filter(None, (getattr(server, "_session", None) for server in servers)):
        session.close()


def discard(folder: Path, url: str | None) -> None:
    """Remove an index's folder and, where it lies on a server that can be reached, its collection."""
    if url is not None and (folder / _NAMED).exists():
        with suppress(Exception):  # whatever is left there is asked for no more
            name = str(json.loads((folder / _NAMED).read_text(encoding="utf-8"))["collection"])
            client = _client(url)
            try:
                client.delete_collection(name)
            finally:
                _close(client)
    shutil.rmtree(folder, ignore_errors=True)


def _client(url: str) -> Any:
    import chromadb
    from chromadb.config import Settings

    parts = urlsplit(url)
    with _served(url):
        client: Any = chromadb.HttpClient(
            host=parts.hostname or "",
            port=parts.port or (443 if parts.scheme == "https" else 80),
            ssl=parts.scheme == "https",
            settings=Settings(anonymized_telemetry=False),
        )
    if session := getattr(getattr(client, "_server", None), "_session", None):
        session.timeout = _PATIENCE  # by itself it waits for ever
    return client


class _Asked:
    """A client or a collection, whose every call raises as `_served` says."""

    def __init__(self, what: Any, url: str) -> None:
        self._what = what
        self._url = url

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._what, name)
        if not callable(found):
            return found

        def call(*arguments: Any, **named: Any) -> Any:
            with _served(self._url):
                return found(*arguments, **named)

        return call


@contextmanager
def _served(url: str) -> Iterator[None]:
    """Turn what the client raises into one line that says which server it was; that a collection is not there, into NotKept."""
    from chromadb.errors import NotFoundError

    try:
        yield
    except NotFoundError:
        raise NotKept(f"the Chroma server at {url} holds this index no more; ask again, it is made anew") from None
    except Exception as error:  # httpx's errors, Chroma's own, and a ValueError for a server that is not there
        said = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise StorageError(
            f"the Chroma server at {url} can't be used ({said}); start it (`chroma run`) or name another with "
            "DATELINE_CHROMA_URL, then try again"
        ) from None
