"""A model's name → its files in the Hugging Face hub's cache. The only step that reaches the hub, by the user's word.

Weights come as safetensors; pickled ones, which are a program in disguise, only where they are asked for. Code never comes.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from rag.errors import ModelError, StorageError
from rag.text.models import FILES, PICKLES, ModelKind, hub_name, kind_of, located

_SPARE = 1 << 26  # bytes that stay free


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A model that was fetched: where it lies, what it can be, the bytes of its files, the licence that its page names."""

    folder: Path
    kind: ModelKind
    size: int
    licence: str | None


def fetch(name: str, *, pickles: bool = False, progress: bool = False) -> Downloaded:
    """Download the model `name`, such as "owner/model", to the hub's cache, or what is missing of it there.

    pickles: take pickled weights where there are no others.   progress: show bars on standard error.
    Raises UsageError for a name that can't be, ModelError where the hub can't be reached or doesn't give it, StorageError.
    """
    hub_name(name)
    from huggingface_hub import HfApi, constants, snapshot_download
    from huggingface_hub.utils.tqdm import disable_progress_bars

    if not progress:
        disable_progress_bars()
    with _errors(name, constants.ENDPOINT):
        told = HfApi().model_info(name, files_metadata=True, timeout=30)
        sizes = {each.rfilename: each.size or 0 for each in told.siblings or ()}
        wanted = _wanted(name, sizes, pickles)
        taken = {file: size for file, size in sizes.items() if any(fnmatch(file, pattern) for pattern in wanted)}
        _room(Path(constants.HF_HUB_CACHE), sum(taken.values()))
        snapshot_download(name, allow_patterns=list(wanted))
    folder = located(name)
    licence = getattr(told.card_data, "license", None)
    return Downloaded(folder, kind_of(folder), sum(taken.values()), licence if isinstance(licence, str) else None)


def _wanted(name: str, sizes: dict[str, int], pickles: bool) -> tuple[str, ...]:
    """Return the patterns of the files to take. Raises ModelError where there are no weights of a form that is allowed."""
    if any(fnmatch(file, FILES[-1]) for file in sizes):
        return FILES
    if not any(fnmatch(file, pattern) for file in sizes for pattern in PICKLES):
        raise ModelError(f"{name} has no weights that can be used (*.safetensors); fetch another")
    if not pickles:
        raise ModelError(f"{name} has pickled weights only, which can hold a program; to take them add --pickles")
    return (*FILES, *PICKLES)


def _room(cache: Path, size: int) -> None:
    """Raise StorageError where the disk has no room for `size` bytes."""
    there = next(folder for folder in (cache, *cache.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    if size + _SPARE > free:
        raise StorageError(
            f"{size / 1e6:,.0f} MB don't fit in {cache} ({free / 1e6:,.0f} MB are free); free some, or name another "
            "folder in HF_HOME"
        )


@contextmanager
def _errors(name: str, hub: str) -> Iterator[None]:
    """Turn what the hub's client raises into one line."""
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
    )

    try:
        yield
    except OfflineModeIsEnabled:
        raise ModelError(f"can't fetch {name}: HF_HUB_OFFLINE is set; unset it, then run again") from None
    except GatedRepoError:
        raise ModelError(
            f"{name} is given only to who agrees to its terms; do so at {hub}/{name}, then `hf auth login`"
        ) from None
    except RepositoryNotFoundError:
        raise ModelError(f"{hub} has no model {name}; check the name (a private one needs `hf auth login`)") from None
    except HfHubHTTPError as error:
        raise ModelError(f"can't fetch {name}: {hub} replied {_status(error)}; try again later") from None
    except LocalEntryNotFoundError as error:
        raise ModelError(
            f"can't fetch {name} from {hub} ({_reason(error)}); check the network, then run again"
        ) from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
            raise StorageError(
                f"can't write {error.filename or name} ({error.strerror}); free some space, or name another folder in HF_HOME"
            ) from None
        raise ModelError(
            f"can't fetch {name} from {hub} ({_reason(error)}); check the network, then run again"
        ) from None
    except (ModelError, StorageError):
        raise
    except Exception as error:  # the client passes on whatever its transport raises
        raise ModelError(
            f"can't fetch {name} from {hub} ({_reason(error)}); check the network, then run again"
        ) from None


def _status(error: Any) -> str:
    return str(getattr(getattr(error, "response", None), "status_code", None) or _reason(error))


def _reason(error: BaseException) -> str:
    first = str(error).strip().splitlines()
    return (first[0] if first else type(error).__name__)[:200].rstrip(".")
