"""Pages of what a provider holds."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderPage(Generic[T]):
    """Some of a list, newest first; `next` is the provider's id behind which it goes on, None at
    the end."""

    items: tuple[T, ...]
    next: str | None = None
