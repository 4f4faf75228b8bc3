"""Internals of a server in answers: found in errors and in fixed parts of successes, unless the request held them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chatcert.judge.verdict import VerdictKind

PATH = "response/any/no-internal-detail"


@pytest.mark.parametrize(
    "text",
    [
        "SQLSTATE[23000]: Integrity constraint violation",
        "postgres://svc:hunter2@10.2.0.7:5432/chats is down",
        "jdbc:postgresql://db.internal/chats",
        "-----BEGIN RSA PRIVATE KEY-----",
        "ORA-00942: table or view does not exist",
        'duplicate key value violates unique constraint "chats_pkey"',
        "UNIQUE constraint failed: chats.id",
        "E11000 duplicate key error collection: prod.chats",
        'ERROR: relation "chats" does not exist',
        "You have an error in your SQL syntax; check the manual",
        "SELECT id, owner FROM chats WHERE owner = $1",
        "INSERT INTO chats (id) VALUES ('1')",
        "(psycopg2.OperationalError) server closed the connection",
        "sqlalchemy.exc.IntegrityError",
        "PrismaClientKnownRequestError: invalid invocation",
        "MongoServerError: E11000",
        "connect ECONNREFUSED 10.0.3.7:5432",
        "dial tcp 10.0.3.7:6379: connect: connection refused",
        "[Errno 111] Connection refused",
        "Cannot read properties of undefined (reading 'id')",
        "'NoneType' object has no attribute 'strip'",
        "undefined method `name' for nil:NilClass",
        "Object reference not set to an instance of an object.",
        "com.fasterxml.jackson.databind.exc.MismatchedInputException",
        "template /srv/app/views/error.html.py not found",
        "cannot open /var/lib/chats/store.sqlite3",
        "C:\\\\inetpub\\\\wwwroot\\\\chat\\\\web.config",
        "see /usr/lib/python3/site-packages/api",
    ],
)
def test_internals_of_many_kinds(bench: Any, text: str) -> None:
    """Messages of databases, drivers and runtimes and paths of files are recognised in an error."""
    made = bench("agencii")

    assert VerdictKind.WARN == made.verdict(PATH, made.refusal(answer={"detail": text})).kind


@pytest.mark.parametrize(
    "text",
    [
        "No chat at /v1/chats.",
        "Use mysql://user@host, not http://user:secret@host.",
        "POST /api/chats/new: chat is required",
        "See https://docs.example.com/errors/invalid.json for more.",
        "https://api.example.com/usr/local/errors.py",
        "Select a folder from the list where chats belong.",
        "The column of the title is too long.",
        "body.chat.title: Input should be a valid string",
        "Expecting value: line 1 column 1 (char 0)",
        "Unexpected token } in JSON at position 5",
        "json: cannot unmarshal number into Go struct field Chat.title of type string",
        "Insert into the body a member called chat.",
        "instance: /problems/4f1c2b3a",
        "urn:uuid:7c9e6679-7425-40de-944b-e07fc1f90ae7",
        "text/plain is not a media type of /v1/chats; use application/json",
        "Update the folder set by your owner.",
    ],
)
def test_helpful_messages_are_no_internals(bench: Any, text: str) -> None:
    """What a client needs to know is not blamed: places in the API, fields, hints of a parser, URIs of RFC 9457."""
    made = bench("agencii")

    assert VerdictKind.PASS == made.verdict(PATH, made.refusal(answer={"detail": text, "path": "/v1/chats"})).kind


def test_an_echo_of_the_request_is_no_internal(bench: Any) -> None:
    """A message that repeats what its own request held shows nothing of the server."""
    made = bench("sigmamind")
    sent = {"agentId": "a", "input": "SELECT name FROM chats WHERE id = 1"}

    assert (
        VerdictKind.PASS == made.verdict(PATH, made.refusal(answer={"message": f"no: {sent['input']}"}, sent=sent)).kind
    )
    assert VerdictKind.WARN == made.verdict(PATH, made.refusal(answer={"message": f"no: {sent['input']}"})).kind


def test_an_echo_of_the_address_is_no_internal(bench: Any) -> None:
    """What was percent-encoded in the address may come back decoded."""
    made = bench("polyai")
    refusal = made.refusal(answer={"error_message": "no path /../../etc/passwd"})
    sent = replace(refusal.sent, url="http://h/v1/..%2F..%2Fetc%2Fpasswd/chat/create")

    assert VerdictKind.WARN == made.verdict(PATH, refusal).kind
    assert VerdictKind.PASS == made.verdict(PATH, replace(refusal, sent=sent)).kind


def test_a_generated_reply_may_speak_of_anything(bench: Any) -> None:
    """In a success, texts of an assistant are not searched; undocumented members and headers are."""
    made = bench("polyai")
    statement = "SELECT name FROM chats WHERE id = 1"

    assert VerdictKind.PASS == made.verdict(PATH, made.success(change={"response": statement})).kind
    assert VerdictKind.PASS == made.verdict(PATH, made.success(change={"messages": [{"text": statement}]})).kind
    assert VerdictKind.WARN == made.verdict(PATH, made.success(change={"debug": {"sql": statement}})).kind
    assert VerdictKind.WARN == made.verdict(PATH, made.success(change={"conversation_id": statement})).kind
    assert VerdictKind.WARN == made.verdict(PATH, made.success(headers=(("X-Query", statement),))).kind


def test_a_stack_trace_is_one_finding(bench: Any) -> None:
    """The files that a stack trace names are judged by the rule on stack traces alone."""
    made = bench("agencii")
    trace = {"detail": 'Traceback (most recent call last):\n  File "/srv/app/chat.py", line 3'}

    assert VerdictKind.WARN != made.verdict(PATH, made.refusal(answer=trace), made.success()).kind
