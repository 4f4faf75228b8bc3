"""JSONPath queries (RFC 9535) whose cost is bounded, whatever the query and the document are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from iregexp_check import check as is_iregexp
from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathNode, JSONPathNodeList, JSONPathQuery
from jsonpath_rfc9535.exceptions import JSONPathError
from jsonpath_rfc9535.filter_expressions import Expression, FilterQuery
from jsonpath_rfc9535.function_extensions import ExpressionType, FilterFunction
from jsonpath_rfc9535.parse import Parser
from jsonpath_rfc9535.tokens import TokenStream

from chatcert.exceptions import UsageError
from chatcert.openapi.document.loading import size_and_depth
from chatcert.openapi.patterns.regex import compiled

MAX_QUERY_LENGTH = 4_096
"""Characters of a query."""
MAX_STEPS = 10_000_000
"""Nodes that the queries of one evaluator may visit."""

_DOT = re.compile(r"(\\.|\[(?:\\.|[^\]\\])*\])|\.", re.DOTALL)
"""A dot outside character classes, after the escapes and classes that are skipped."""


class Evaluator:
    """Evaluates JSONPath queries; all of them share one budget of ``MAX_STEPS`` visited nodes."""

    def __init__(self) -> None:
        self._environment = _Environment()

    def compile(self, query: str) -> JSONPathQuery:
        """Parse a query.

        Raises:
            UsageError: the text is not a JSONPath query, or it is too long.
        """
        if len(query) > MAX_QUERY_LENGTH:
            raise UsageError(f"is longer than {MAX_QUERY_LENGTH:,} characters", hint="write a shorter JSONPath")
        try:
            parsed = self._environment.compile(query)
        except (JSONPathError, RecursionError, ValueError) as error:
            raise UsageError(f"is not a JSONPath query: {error}", hint="see RFC 9535") from None
        return _BoundedQuery(env=self._environment, segments=parsed.segments)

    def find(self, query: JSONPathQuery, value: Any) -> list[JSONPathNode]:
        """Return the nodes that a compiled query selects in ``value``, each location once, in the order of the query.

        Raises:
            UsageError: the query visits too many nodes, or the value is nested too deeply.
        """
        try:
            return list({node.location: node for node in query.finditer(value)}.values())
        except (JSONPathError, RecursionError) as error:
            raise UsageError(f"cannot be evaluated: {error}", hint="write a simpler JSONPath") from None


class _BudgetSpentError(JSONPathError):
    """A query has visited too many nodes."""


class _Node(JSONPathNode):
    """A node that counts itself and its children against the budget of the environment."""

    __slots__ = ("_environment",)

    def __init__(self, environment: _Environment, value: Any, location: tuple[int | str, ...], **links: Any) -> None:
        super().__init__(value=value, location=location, **links)
        self._environment = environment
        environment.count_steps(1)

    def new_child(self, value: object, key: int | str, parent: JSONPathNode | None) -> _Node:
        return _Node(self._environment, value, (*self.location, key), parent=parent, root=self.root)


class _BoundedQuery(JSONPathQuery):
    """A query that starts with a node that counts."""

    __slots__ = ()
    env: _Environment

    def finditer(self, value: Any) -> Iterable[JSONPathNode]:
        nodes: Iterable[JSONPathNode] = [_Node(self.env, value, (), parent=None, root=value)]
        for segment in self.segments:
            nodes = segment.resolve(nodes)
        return nodes

    def find(self, value: Any) -> JSONPathNodeList:
        """Return the nodes for a filter; each value in them counts, since the filter may compare them as a whole."""
        nodes = super().find(value)
        for node in nodes:
            self.env.count_steps(size_and_depth(node.value)[0])
        return nodes


class _Parser(Parser):
    """A parser that bounds the queries inside filters too."""

    def parse_root_query(self, stream: TokenStream) -> Expression:
        return self._bounded(super().parse_root_query(stream))

    def parse_relative_query(self, stream: TokenStream) -> Expression:
        return self._bounded(super().parse_relative_query(stream))

    def _bounded(self, expression: Expression) -> Expression:
        assert isinstance(expression, FilterQuery)
        expression.query = _BoundedQuery(env=self.env, segments=expression.query.segments)
        return expression


class _RegexFunction(FilterFunction):
    """``match`` or ``search`` (RFC 9535, sections 2.4.6 and 2.4.7) in bounded time.

    The standard functions of the library leave the pattern to a backtracking engine.
    """

    arg_types = [ExpressionType.VALUE, ExpressionType.VALUE]  # noqa: RUF012  as the library declares it
    return_type = ExpressionType.LOGICAL

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole

    def __call__(self, text: object, pattern: object) -> bool:
        if not isinstance(text, str) or not isinstance(pattern, str) or not is_iregexp(pattern):
            return False
        translated = _DOT.sub(lambda found: found[1] or r"[^\n\r]", pattern)  # RFC 9485, section 5.3
        expression = compiled(f"^(?:{translated})$" if self._whole else translated)
        return expression is not None and expression.search(text)


class _Environment(JSONPathEnvironment):
    parser_class = _Parser

    def __init__(self) -> None:
        super().__init__()
        self._steps = 0

    def count_steps(self, number: int) -> None:
        self._steps += number
        if self._steps > MAX_STEPS:
            raise _BudgetSpentError(f"it visits more than {MAX_STEPS:,} nodes")

    def setup_function_extensions(self) -> None:
        super().setup_function_extensions()
        self.function_extensions["match"] = _RegexFunction(whole=True)
        self.function_extensions["search"] = _RegexFunction(whole=False)
