"""Valid values of one parameter: the base from which every case is one edit away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chatcert.cases.case import Unplannable
from chatcert.cases.requests.parameter_styles import PLAIN_WORD
from chatcert.openapi.contract import Parameter, Schema
from chatcert.openapi.schemas.fields import Field, walk
from chatcert.openapi.schemas.pointer import MISSING, lookup
from chatcert.openapi.schemas.validator import Validator, validator_for
from chatcert.openapi.values.sample_values import SampleBuilder

Path = tuple[str, ...]


class ValidParameter:
    """Builds valid values of a parameter, and of what is in it.

    Attributes:
        root: the schema of the parameter.
        fields: the parameter itself and what is in it, by path.
        whole, validator: the validator of the schema.
    """

    def __init__(self, parameter: Parameter) -> None:
        self.root: Schema = parameter.schema
        self.fields: dict[Path, Field] = {field.path: field for field in walk(parameter.schema, parameter.pointer)}
        self.whole: Validator = validator_for(parameter.schema)
        self.validator = self.whole
        self.samples = SampleBuilder(parameter.schema, seed=parameter.name, plain=PLAIN_WORD)

    def value_of(self, schema: Any) -> Any:
        """Build a valid value of a schema that is part of the parameter's; ``MISSING`` where none could be built."""
        return self.samples.value(schema)

    def holding(self, path: Path) -> tuple[Any, Path]:
        """Return a valid value of the parameter that has something at ``path``, and where.

        Raises:
            Unplannable: none could be built.
        """
        found = next(self._holding(path), None)
        if found is None:
            raise Unplannable("a valid value of the parameter that holds this")
        return found

    def beside_others(self, path: Path) -> Iterator[tuple[Any, Path]]:
        """Yield valid values that have something at ``path`` and, as far as there is one, another member beside it."""
        yield self.holding(path)
        for other in self.fields:
            if other[:-1] == path[:-1] and other not in (path, ()):
                for value, concrete in self._holding(other):
                    own = (*concrete[:-1], path[-1])
                    if lookup(value, own) is not MISSING:
                        yield value, own

    def _holding(self, path: Path) -> Iterator[tuple[Any, Path]]:
        if path:
            yield from self.samples.holding(path)
        else:
            yield self.samples.value(self.root), ()
