"""What the rows of one label config have in common: the questions, their labels, and how the screen asked them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from toolkit.models import Control, Modality

Encode: TypeAlias = Callable[[Mapping[str, Any], Mapping[str, Any]], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One label config of a release: every row of it has these fields and these controls.

    Rows that were labelled under an older version may lack a field or a control, or have a label that is not declared
    any more.
    """

    domain: str
    config: str
    title: str
    modality: Modality
    fields: tuple[str, ...]  # task fields that the screen shows
    controls: tuple[Control, ...]  # in the order of the screen, without those asked per region
    xml: str  # the label config itself
    encode: Encode | None = None  # (labels, fields) → Label Studio's results; None where nothing can encode them

    @property
    def key(self) -> str:
        """Domain and config, as "finance/claims"."""
        return f"{self.domain}/{self.config}"

    @property
    def stem(self) -> str:
        """What its files are called, as "finance.claims"."""
        return f"{self.domain}.{self.config}"

    def of_kind(self, *kinds: str) -> tuple[Control, ...]:
        """Return the controls of some kinds, in the order of the screen."""
        return tuple(control for control in self.controls if control.kind in kinds)
