"""Faults of the family response: the answer to a valid request is wrong by itself."""

from __future__ import annotations

import json

import jsonschema
import pytest

from chatcert.mock.faults import faults_of
from chatcert.openapi.contract import Contract
from chatcert.requirements.check import (
    Answers,
)
from chatcert.requirements.requirement import Kind

from .calling import Caller
from .fault_lookup import faults_with


@pytest.mark.slow
def test_broken_keywords_break_the_schema(contract: Contract) -> None:
    """A member of a wrong type, no member, or missing though required: the answer no longer matches its schema."""
    validator = jsonschema.Draft202012Validator(contract.successes[0].schema or {})
    for fault, check, _ in faults_with(contract, Answers):
        if check.status.startswith("2") and check.rule in ("type", "enum", "required", "schema"):
            body = Caller(contract, fault).post().json()
            if not fault.intermittent:
                assert not validator.is_valid(body), fault.id


def test_promised_members_go_missing(contract: Contract) -> None:
    """A promised member is left out, empty or blank."""
    for fault, check, variant in faults_with(contract, Answers):
        if check.rule == "promised" and not fault.intermittent:
            body = Caller(contract, fault).post().json()

            assert (variant == "dropped") == (check.path[0] not in body)
            assert not str(body.get(check.path[0]) or "").strip()


def test_success_statuses(contract: Contract) -> None:
    """A created chat is answered with another success."""
    for fault, _, variant in faults_with(contract, Answers):
        if fault.family is Kind.RESPONSE and fault.breaks[0].endswith("/status") and variant.isdecimal():
            assert int(variant) == Caller(contract, fault).post().status_code


def test_broken_replies(contract: Contract) -> None:
    """An answer is labelled as HTML, or is not JSON."""
    for fault, check, variant in faults_with(contract, Answers):
        if fault.family is not Kind.RESPONSE or check.rule not in ("json", "content-type"):
            continue
        response = Caller(contract, fault).post()
        if check.rule == "json":
            assert "application/json" == response.headers["content-type"]
            with pytest.raises(json.JSONDecodeError):
                response.json()
        else:
            assert ("text/html; charset=utf-8" if variant == "text" else None) == response.headers.get("content-type")
            assert response.json()


@pytest.mark.slow
def test_one_in_ten_goes_wrong(contract: Contract) -> None:
    """Faults of constancy show in two of twenty answers, exactly."""
    for fault in faults_of(contract):
        if fault.intermittent:
            caller = Caller(contract, fault)
            bodies, wrong = [], 0
            for _ in range(20):
                response = caller.post()
                body = response.json() if response.is_success else {}
                seen = [
                    value for value in body.values() if value in bodies and isinstance(value, str) and len(value) > 9
                ]
                right = str(response.status_code) == contract.successes[0].status
                complete = set(body) >= set(Caller(contract).post().json())
                bodies += [v for k, v in body.items() if "id" in k.lower() and k != "user_id"]
                wrong += not right or not complete or bool(seen)
            assert 2 == wrong or (1 <= wrong <= 2 and "/unique/" in fault.id), fault.id
