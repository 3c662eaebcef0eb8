"""Types of columns: what Arrow makes of plain JSON values, and how the Hugging Face library calls it.

A type takes the values of a whole column at once, since that is many times faster than one by one. It takes exactly
what it can give back: anything else is a misfit, and the caller keeps it elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Any, Protocol

_NONE = type(None)
EXACT = 2**53  # whole numbers up to here are floats, too


class MisfitError(ValueError):
    """A value is not of the column's type."""


class ColumnType(Protocol):
    """One type; may hold others."""

    def arrow(self) -> Any:
        """Return Arrow's data type."""
        ...

    def feature(self) -> Any:
        """Return the feature as the Hugging Face library writes it to JSON."""
        ...

    def array(self, values: Sequence[Any]) -> Any:
        """Return the values as an Arrow array; raises MisfitError where one of them would not come back the same."""
        ...

    def nearest(self, value: Any) -> Any:
        """Return of one value what fits, None where nothing does."""
        ...


def fits(kind: ColumnType, value: Any) -> bool:
    """Say whether a column of that type gives a value back as it was.

    Examples
    --------
    >>> fits(Label(("low", "high")), "low"), fits(Label(("low", "high")), "mid")
    (True, False)
    """
    try:
        kind.array([value])
    except MisfitError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Scalar:
    """Texts, whole numbers, numbers, or true and false."""

    python: tuple[type, ...]
    name: str  # Arrow's and the Hugging Face library's

    def arrow(self) -> Any:
        """Return Arrow's data type."""
        import pyarrow as pa

        return pa.type_for_alias(self.name)

    def feature(self) -> Any:
        """Return the feature."""
        return {"dtype": self.name, "_type": "Value"}

    def array(self, values: Sequence[Any]) -> Any:
        """Return the values as an Arrow array."""
        import pyarrow as pa

        kinds = set(map(type, values))
        if not kinds.issubset((*self.python, _NONE)):
            raise MisfitError
        if self.name == "float64" and int in kinds and not all(-EXACT <= v <= EXACT for v in values if type(v) is int):
            raise MisfitError
        try:
            return pa.array(values, self.arrow())
        except OverflowError as error:
            raise MisfitError from error

    def nearest(self, value: Any) -> Any:
        """Return the value; where texts are wanted, anything else as JSON."""
        if fits(self, value):
            return value
        return json.dumps(value, ensure_ascii=False) if self.name == "string" else None


TEXT = Scalar((str,), "string")
INTEGER = Scalar((int,), "int64")
NUMBER = Scalar((float, int), "float64")
BOOLEAN = Scalar((bool,), "bool")


@dataclass(frozen=True, slots=True)
class Label:
    """One of the declared labels, stored as its place among them; of a scale, the label of 4 is "4"."""

    names: tuple[str, ...]  # each once
    numbers: bool = False

    def arrow(self) -> Any:
        """Return Arrow's data type."""
        import pyarrow as pa

        return pa.int64()

    def feature(self) -> Any:
        """Return the feature."""
        return {"names": [*self.names], "_type": "ClassLabel"}

    def array(self, values: Sequence[Any]) -> Any:
        """Return the values as an Arrow array."""
        import pyarrow as pa

        wanted = int if self.numbers else str
        if not set(map(type, values)).issubset((wanted, _NONE)):
            raise MisfitError
        places: dict[Any, int | None] = {wanted(name): place for place, name in enumerate(self.names)}
        places[None] = None
        try:
            return pa.array([places[value] for value in values], pa.int64())
        except KeyError as error:
            raise MisfitError from error

    def nearest(self, value: Any) -> Any:
        """Return the value if it is declared."""
        return value if fits(self, value) else None


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of values of one type."""

    item: ColumnType

    def arrow(self) -> Any:
        """Return Arrow's data type."""
        import pyarrow as pa

        return pa.list_(self.item.arrow())

    def feature(self) -> Any:
        """Return the feature."""
        return {"feature": self.item.feature(), "_type": "List"}

    def array(self, values: Sequence[Any]) -> Any:
        """Return the values as an Arrow array."""
        if not set(map(type, values)).issubset((list, _NONE)):
            raise MisfitError
        return _lists(values, self.item.array([*chain.from_iterable(filter(None, values))]))

    def nearest(self, value: Any) -> Any:
        """Return the list without what does not fit at all."""
        if not isinstance(value, list):
            return None
        nearest = [(one, self.item.nearest(one)) for one in value]
        return [found for one, found in nearest if one is None or found is not None]


@dataclass(frozen=True, slots=True)
class Struct:
    """An object with known keys; one that is missing is null."""

    items: tuple[tuple[str, ColumnType], ...]

    def arrow(self) -> Any:
        """Return Arrow's data type."""
        import pyarrow as pa

        return pa.struct([(name, kind.arrow()) for name, kind in self.items])

    def feature(self) -> Any:
        """Return the feature."""
        return {name: kind.feature() for name, kind in self.items}

    def array(self, values: Sequence[Any]) -> Any:
        """Return the values as an Arrow array."""
        import pyarrow as pa

        if not set(map(type, values)).issubset((dict, _NONE)):
            raise MisfitError
        known = {name for name, _ in self.items}
        if not all(value.keys() <= known for value in values if value):
            raise MisfitError
        parts = [kind.array([value.get(name) if value else None for value in values]) for name, kind in self.items]
        missing = pa.array([value is None for value in values], pa.bool_())
        return pa.StructArray.from_arrays(parts, fields=[*self.arrow()], mask=missing)

    def nearest(self, value: Any) -> Any:
        """Return the object without what does not fit."""
        if not isinstance(value, dict):
            return None
        return {name: kind.nearest(value.get(name)) for name, kind in self.items}


@dataclass(frozen=True, slots=True)
class Entries:
    """An object with any keys, stored as the list of its entries: other libraries have no type for it."""

    key: str
    name: str
    item: ColumnType

    def arrow(self) -> Any:
        """Return Arrow's data type."""
        import pyarrow as pa

        return pa.list_(pa.struct([(self.key, pa.string()), (self.name, self.item.arrow())]))

    def feature(self) -> Any:
        """Return the feature."""
        return {"feature": {self.key: TEXT.feature(), self.name: self.item.feature()}, "_type": "List"}

    def array(self, values: Sequence[Any]) -> Any:
        """Return the values as an Arrow array."""
        import pyarrow as pa

        if not set(map(type, values)).issubset((dict, _NONE)):
            raise MisfitError
        keys = TEXT.array([*chain.from_iterable(filter(None, values))])
        items = self.item.array([*chain.from_iterable(value.values() for value in values if value)])
        return _lists(values, pa.StructArray.from_arrays([keys, items], fields=[*self.arrow().value_type]))

    def nearest(self, value: Any) -> Any:
        """Return the object with what fits of its values."""
        if not isinstance(value, dict):
            return None
        return {key: self.item.nearest(item) for key, item in value.items()}


def _lists(values: Sequence[Any], flat: Any) -> Any:
    """Return a list array of what has been put end to end."""
    import pyarrow as pa

    ends = accumulate((len(value) if value else 0 for value in values), initial=0)
    missing = [value is None for value in values]
    mask = pa.array(missing, pa.bool_()) if True in missing else None
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), flat, type=pa.list_(flat.type), mask=mask)


def yaml_feature(feature: Mapping[str, Any]) -> dict[str, Any]:
    """Return a feature as the front matter of a dataset card has it.

    Examples
    --------
    >>> yaml_feature(Listed(TEXT).feature())
    {'list': 'string'}
    >>> yaml_feature(Label(("low", "high")).feature())
    {'dtype': {'class_label': {'names': {'0': 'low', '1': 'high'}}}}
    """
    kind = feature.get("_type")
    if kind == "Value":
        return {"dtype": feature["dtype"]}
    if kind == "ClassLabel":
        return {"dtype": {"class_label": {"names": {str(place): name for place, name in enumerate(feature["names"])}}}}
    if kind == "List":
        inner = yaml_feature(feature["feature"])
        return {"list": next(iter(inner.values())) if [*inner] in (["dtype"], ["struct"]) else inner}
    return {"struct": [{"name": name, **yaml_feature(item)} for name, item in feature.items()]}
