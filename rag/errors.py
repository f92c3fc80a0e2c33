"""The errors Dateline raises on purpose. Each message is one line: what is wrong, where, and what to do.

DatelineError                 catch this to catch all; `exit_code` is what the command line returns
├── UsageError                a flag, a question, a path or a file's form is wrong           exit 2
│   └── ConfigError           a key or a value in dateline.toml, DATELINE_* or a flag        exit 2
├── ArchiveError              the data directory can't serve the request                     exit 2
│   ├── LockedError           another process is writing; names it
│   ├── EmbedderMismatch      the archive was made with another embedder
│   ├── NewerArchiveError     the archive was made by a newer Dateline
│   ├── NotFound              the archive holds no such article or outlet                exit 1
│   └── StorageError          disk full, not writable, damaged
├── FetchError                a page can't be fetched: refused, not there, too slow, too big  exit 2
├── ModelError                a model is missing, damaged or named wrongly                   exit 2
├── LLMError                  an LLM gave no reply that can be used, and why                 exit 2
└── CitationError             a citation that isn't verbatim; a bug, never shown to a reader exit 1

try:
    answer = Pipeline.open(config).ask("Who leads the fund?")
except DatelineError as error:
    sys.exit(f"dateline: {error}")
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class DatelineError(Exception):
    """Root of the tree."""

    exit_code = 2


class UsageError(DatelineError):
    """The caller asked for something that can't be done as asked."""


class ConfigError(UsageError):
    """A setting is unknown or has a value that is not allowed."""


class ArchiveError(DatelineError):
    """The archive can't be used."""


class LockedError(ArchiveError):
    """Another process holds the writer lock."""


class EmbedderMismatch(ArchiveError):
    """The archive's vectors come from another embedder."""


class NewerArchiveError(ArchiveError):
    """The archive's schema is newer than this program."""


class NotFound(ArchiveError):
    """The archive holds nothing of that name."""

    exit_code = 1


class StorageError(ArchiveError):
    """The disk refused: full, read-only, damaged."""


class FetchError(DatelineError):
    """An address can't be fetched.

    status: what the server answered, None where there was no answer (404 and 410: the page is gone).
    again: whether trying later may help.   retry_after: the seconds after which it may be asked again, where it said so.
    """

    def __init__(
        self, message: str, *, status: int | None = None, again: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.again = again
        self.status = status
        self.retry_after = retry_after


class ModelError(DatelineError):
    """A model can't be found, verified or loaded."""


class LLMError(DatelineError):
    """An LLM failed.   lasting: asking it again will not help: no valid key, no such model, no money left."""

    def __init__(self, message: str, *, lasting: bool = False) -> None:
        super().__init__(message)
        self.lasting = lasting


class CitationError(DatelineError):
    """A citation does not stand verbatim where it says."""

    exit_code = 1


@contextmanager
def loading(kind: str, name: str, give: str) -> Iterator[None]:
    """Turn whatever a library raises while it loads the model `name` into a ModelError that says what to give instead."""
    try:
        yield
    except Exception as error:  # each library raises whatever its loaders raise
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(f"can't load the {kind} {name!r} ({reason}); give {give}") from None
