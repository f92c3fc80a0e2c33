"""A list that input without end doesn't fill memory with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Noted(Generic[T]):
    """The first `MOST` of what was noted, and how many there were in all: input without end takes no memory without end."""

    MOST: ClassVar[int] = 1_000
    first: list[T] = field(default_factory=list)
    last: T | None = None
    count: int = 0

    def add(self, item: T) -> None:
        """Note one more."""
        self.count += 1
        self.last = item
        if self.count <= self.MOST:
            self.first.append(item)
