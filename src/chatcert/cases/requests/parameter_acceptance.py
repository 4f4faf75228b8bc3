"""Plan the cases of acceptance that are about a parameter."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from chatcert.cases.case import Case, Cause, Expectation, Unplannable
from chatcert.cases.planning_context import edited
from chatcert.cases.requests.parameter_styles import arrives, as_read
from chatcert.cases.requests.request_builder import RequestBuilder
from chatcert.cases.requests.valid_parameters import ValidParameter
from chatcert.cases.values.boundaries import at_limit
from chatcert.cases.values.limit_values import mended, values_at_limit
from chatcert.openapi.contract import Parameter, Schema
from chatcert.openapi.schemas.alternatives import alternatives_of, chosen
from chatcert.openapi.schemas.fields import Field, flattened
from chatcert.openapi.schemas.keywords import is_sent
from chatcert.openapi.schemas.pointer import MISSING, lookup, replaced
from chatcert.openapi.schemas.validator import validator_for
from chatcert.openapi.values.format_texts import is_surely
from chatcert.requirements.acceptance import LIMITS, MAX_MEMBERS
from chatcert.requirements.check import Accepts, Variation
from chatcert.requirements.requirement import Requirement
from chatcert.text import format_json, shorten

_MAX_LABEL = 48


def parameter_cases(requests: RequestBuilder, requirement: Requirement, check: Accepts) -> Iterator[Case]:
    """Yield the valid requests that a requirement on the acceptance of a parameter asks for.

    Raises:
        Unplannable: there is none.
    """
    name = check.path[0]
    if check.variation is Variation.ABSENT:
        left_out = requests.request_with_parameter(check.place, name, MISSING)
        yield edited(requirement, left_out, Expectation.ACCEPTED, f"{name} left out", requests.control())
        return
    parameter = requests.parameter(name, check.place)
    expectation = Expectation.ACCEPTED
    if check.variation is not Variation.ENUM and requests.names_something(parameter):
        expectation = Expectation.LIMIT
    if check.variation == Variation.PRESENT:
        if requests.is_unknown(parameter):
            raise Unplannable(f"needs the name of an existing {name}, and none is configured", Cause.NOT_CONFIGURED)
        expectation = Expectation.ACCEPTED
        values = [requests.parameter_value(name, check.place)]
    else:
        values = list(_parameter_values(parameter, check))
    sent, known = 0, validator_for(parameter.schema)
    for value in values:
        read = as_read(parameter, value)
        if known.is_valid(read) and arrives(parameter, value):
            sent += 1
            request = requests.request_with_parameter(check.place, name, value)
            edit = f"{name} is {shorten(format_json(value), _MAX_LABEL)}"
            yield edited(requirement, request, expectation, edit, requests.control())
    if not sent and check.variation in (Variation.ALTERNATIVE, Variation.TYPE):
        own = ValidParameter(parameter)
        if own.value_of(_branch(own, own.fields[check.path[1:]].schema, check)) is not MISSING:
            raise Unplannable("its text is the same as that of another alternative", Cause.CANNOT_BE_WRITTEN)
    if not sent:
        raise Unplannable("a value of this kind that arrives unchanged at the parameter's place")


def _parameter_values(parameter: Parameter, check: Accepts) -> Iterator[Any]:
    """Yield values of a parameter with an enum member, or with its limit, at the path of the check."""
    values, path = ValidParameter(parameter), check.path[1:]
    base, concrete = values.holding(path)
    found: Iterator[tuple[str, Any]]
    if check.variation in (Variation.ENUM, Variation.NULL):
        found = iter([("", check.value)])
    elif check.variation in (Variation.ALTERNATIVE, Variation.TYPE):
        schema = values.fields[path].schema
        found = (("", value) for value in _values_of_branch(values, _branch(values, schema, check)))
        found = ((label, value) for label, value in found if path or _is_of(values, schema, check, parameter, value))
    else:
        field = values.fields[path]
        found = chain(
            at_limit(field, check.variation, lookup(base, concrete)), values_at_limit(values.samples, field, check)
        )
    form = str(values.fields[path].schema.get("format"))
    for _, value in found:
        if check.variation in LIMITS and not is_surely(form, value):
            continue
        whole = replaced(base, concrete, value) if concrete else value
        yield next(filter(values.validator.is_valid, [whole, *mended(whole, base, concrete)]), whole)


def _branch(values: ValidParameter, schema: Schema, check: Accepts) -> Schema:
    """Return the schema of one alternative, or of one of several types, with all that applies beside it."""
    if check.variation is Variation.TYPE:
        return flattened({"allOf": [schema, {"type": check.value}]}, values.root)
    choice = check.choices[-1]
    return chosen(schema, alternatives_of(schema)[choice.slot], choice.index, values.root)


def _is_of(values: ValidParameter, schema: Schema, check: Accepts, parameter: Parameter, value: Any) -> bool:
    """Return whether the text of a value is read as the alternative that it is a value of."""
    is_valid = values.whole.part(_branch(values, schema, check)).is_valid
    return arrives(parameter, value) and is_valid(as_read(parameter, value))


def _values_of_branch(values: ValidParameter, branch: Schema) -> Iterator[Any]:
    """Yield values of one alternative: its members, a usual one, and those on its limits."""
    is_of_branch = values.whole.part(branch).is_valid
    field = Field((), branch, required=True, pointer="")
    typical = values.value_of(branch)
    members = (branch.get("enum") or [])[:MAX_MEMBERS]
    truths = (True, False) if field.types == ("boolean",) and not members else ()
    at_limits = (
        value
        for limit in LIMITS
        if limit in branch and is_sent(limit, branch[limit], beyond=False)
        for _, value in chain(
            at_limit(field, limit, typical),
            values_at_limit(values.samples, field, Accepts(limit, value=branch[limit])),
        )
        if is_surely(str(branch.get("format")), value)
    )
    found = chain(members, truths, [] if typical is MISSING else [typical], at_limits)
    yield from filter(is_of_branch, found)
