"""Find what answers show of the inside of a server: messages of databases, names of drivers and frameworks, files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, unquote_plus

from chatcert.judge.answers.json_text import NotJson
from chatcert.judge.evidence import Evidence
from chatcert.names import snake
from chatcert.openapi.contract import Schema
from chatcert.openapi.schemas.fields import Field, flattened, walk
from chatcert.openapi.schemas.memoise import memoise_by_identity
from chatcert.openapi.schemas.path_tokens import ANY
from chatcert.transport.exchange import Exchange

MAX_SEARCHED = 64 * 1024
"""Characters of an answer that are searched."""

# Every repetition has a bound: a server could otherwise keep the search busy for hours.
_DATABASES = (
    r"SQLSTATE\[?\w{5}|\bORA-\d{5}:|\bPLS-\d{5}:|\bERROR \d{4} \(\w{5}\)"
    r"|You have an error in your SQL syntax|SQL syntax error|syntax error at or near \\?\""
    r"|(?:duplicate key value )?violates (?:unique|foreign key|check|not-null) constraint"
    r"|Duplicate entry '[^'\n]{0,200}' for key|UNIQUE constraint failed: \w|FOREIGN KEY constraint failed"
    r"|Violation of (?:PRIMARY|UNIQUE) KEY constraint|E11000 duplicate key"
    r"|null value in column \\?\"|value too long for type character varying|Data too long for column '"
    r"|Unknown column '[^'\n]{1,200}' in|Table '[^'\n]{1,200}' doesn't exist|Incorrect syntax near '"
    r"|(?:relation|column) \\?\"[\w.]{1,100}\\?\" (?:of relation .{1,100})?does not exist|no such (?:table|column): \w"
    r"|Unclosed quotation mark after the character string|SQLITE_[A-Z]{3,20}\b|near \\?\"[^\"\n]{1,50}\": syntax error"
    r"|could not connect to server: |deadlock detected|too many SQL variables"
    r"|\bSELECT\b[^\n;]{1,400}\bFROM \S{1,100}[^\n;]{0,200}\bWHERE\b|\bINSERT INTO [\w.\"`]{1,100} ?\("
    r"|\bDELETE FROM [\w.\"`]{1,100} WHERE\b|\bUPDATE [\w.\"`]{1,100} SET [\w.\"`]{1,100} ?="
)
_DRIVERS = (
    r"\b(?:psycopg2?|asyncpg|pymysql|MySQLdb|pymongo|sqlite3|sqlalchemy|redis|aiomysql|cx_Oracle|django\.db)"
    r"\.(?:\w{1,60}\.){0,4}\w{0,60}(?:Error|Exception|errors|exc)\b"
    r"|\b(?:Mongo(?:Server|Network|BulkWrite)?|PrismaClient\w{1,40}|QueryFailed|Sqlite)Error\b"
    r"|\bSequelize\w{1,40}Error\b|\bQueryFailedError\b|\b(?:PG|Mysql2|ActiveRecord)::\w{3,60}"
    r"|\bpq: \w|\b(?:Npgsql|System\.Data|Microsoft\.(?:Data|EntityFrameworkCore))\.\w"
    r"|\b(?:com\.mysql|com\.fasterxml\.jackson|org\.(?:postgresql|hibernate|springframework|apache)|jakarta\.persistence)"
    r"\.\w{2}|\bjava\.(?:lang|util|io|net|sql)\.\w{3,60}|\bSystem\.\w{1,60}Exception\b"
    r"|\b(?:ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH|ECONNRESET) \d{1,3}\.\d|getaddrinfo (?:ENOTFOUND|EAI_AGAIN) "
    r"|\[Errno -?\d{1,4}\]|Connection refused: |dial tcp [\w.:\[\]-]{1,100}"
)
_RUNTIMES = (
    r"Cannot read propert(?:y|ies) (?:'\w{1,60}' )?of (?:undefined|null)|(?:undefined|null) is not an object"
    r"|'\w{1,60}' object (?:has no attribute|is not (?:subscriptable|iterable|callable))"
    r"|undefined method [`']\w{1,60}[?!]?' for|Object reference not set to an instance|NullPointerException"
    r"|Call to a member function \w{1,60}\(\)|Undefined (?:array key|index|variable):? |Trying to access array offset"
    r"|invalid memory address or nil pointer|called `(?:Option|Result)::unwrap\(\)`|DJANGO_SETTINGS_MODULE"
    r"|you have (?:<code>)?DEBUG ?= ?True|Werkzeug Debugger|Uncaught (?:TypeError|Error|Exception): "
)
_FILES = (
    r"(?<![\w.:/~-])/(?:srv|app|apps|var|usr|home|opt|root|etc|tmp|mnt|data|code|workspace|Users|build|src)"
    r"/(?:[\w@.+-]{1,80}/){0,20}[\w@.+-]{1,80}\.(?:py|pyc|js|mjs|cjs|ts|tsx|jsx|rb|php|java|class|jar|go|rs|cs|dll|ex|exs|erl"
    r"|pl|conf|cfg|ini|env|log|sock|db|sqlite3?|pem|key|yaml|yml|toml|so)\b"
    r"|(?<!\w)/etc/(?:passwd|shadow|hosts)\b|(?<![\w/])/(?:home|Users)/\w{1,60}/\w|/(?:site|dist)-packages/|/node_modules/"
    r"|(?<!\w)[A-Z]:\\{1,4}(?:[\w. -]{1,80}\\{1,4}){1,20}[\w. -]{1,80}|\bfile:///[\w.~/-]{1,200}"
)
_SECRETS = (
    r"\b(?:postgres(?:ql)?|mysql|mariadb|mongodb|redis|rediss|amqps?|mssql|clickhouse|ldaps?|s?ftp|smtps?)(?:\+\w{1,20})?"
    r"://[^\s\"'<>/@]{0,100}:[^\s\"'<>/@]{1,100}@[\w.-]{1,100}|\bjdbc:\w{2,20}:(?:thin:)?@?//?[\w.-]{1,100}"
    r"|\bAKIA[0-9A-Z]{16}\b|-----BEGIN (?:[A-Z]{2,10} )?PRIVATE KEY-----"
)
DETAIL = re.compile(f"{_DATABASES}|{_DRIVERS}|{_RUNTIMES}|{_FILES}|{_SECRETS}")

_GENERATED = frozenset(
    [
        *("message", "messages", "reply", "replies", "response", "responses", "answer", "answers", "output", "outputs"),
        *("content", "contents", "text", "texts", "title", "summary", "description", "greeting", "name", "value"),
        *("chat", "chats", "history", "transcript", "choices", "delta", "parts", "body", "prompt", "input"),
    ]
)
"""Words in the names of members that may hold what an assistant or a person wrote."""
_FIXED = ("unique", "constant", "clock", "initial", "not-before")
"""Rules of overlays on fields that hold no free text."""


def details_in(evidence: Evidence, exchange: Exchange) -> Iterator[str]:
    """Yield what an answer shows of the inside of its server, and its request did not hold.

    Of a success, only the places are searched in which nothing generated can stand: headers, fields whose values the
    document determines, and undocumented members whose names do not speak of texts.
    """
    if exchange.received is None:
        return
    for text in _texts_of_answer(evidence, exchange):
        for found in _details_of(text[:MAX_SEARCHED]):
            if not any(_is_same(found, part) for part in _texts_of_request(exchange)):
                yield found


@lru_cache(maxsize=256)
def _details_of(text: str) -> tuple[str, ...]:
    """Return what a text shows of a server; memoised, since many answers have equal headers and bodies."""
    return tuple(found.group() for found in DETAIL.finditer(text))


def _is_same(found: str, sent: str) -> bool:
    return found.replace("\\", "").casefold() in sent.replace("\\", "").casefold()


def _texts_of_request(exchange: Exchange) -> list[str]:
    body = (exchange.sent.body or b"").decode("utf-8", "replace")
    headers = [value for _, value in exchange.sent.headers]
    address = exchange.sent.url
    return [
        address,
        unquote(address),
        unquote_plus(address),
        *headers,
        body,
        body.replace("\\n", "\n").replace("\\", ""),
    ]


def _texts_of_answer(evidence: Evidence, exchange: Exchange) -> Iterator[str]:
    assert exchange.received is not None
    for name, value in exchange.received.headers:
        if name.lower() not in ("location", "content-location", "link", "content-security-policy", "report-to"):
            yield value
    text = exchange.received.body[: 4 * MAX_SEARCHED].decode("utf-8", "replace")
    if (exchange.status or 0) >= 400:
        yield text.replace("\\/", "/")
        return
    try:
        value = evidence.json_of(exchange)
    except NotJson:
        return
    answer = evidence.contract.answer_for(exchange.status or 0)
    fields = _fields_of(answer.schema) if answer is not None and answer.schema else {}
    yield from _fixed_texts(value, (), fields)


@memoise_by_identity(maxsize=64)
def _fields_of(schema: Schema) -> dict[tuple[str, ...], Field]:
    return {field.path: field for field in walk(schema, "")}


def _fixed_texts(value: Any, path: tuple[str, ...], fields: dict[tuple[str, ...], Field]) -> Iterator[str]:
    """Yield the texts of a success that neither a person nor an assistant can have written."""
    if isinstance(value, str):
        yield from () if _may_be_generated(path, fields) else (value,)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _fixed_texts(inner, (*path, name), fields)
    elif isinstance(value, list):
        for inner in value[:100]:
            yield from _fixed_texts(inner, (*path, ANY), fields)


def _may_be_generated(path: tuple[str, ...], fields: dict[tuple[str, ...], Field]) -> bool:
    field = fields.get(path)
    if field is not None:
        schema = flattened(field.schema, field.schema)
        is_fixed = any(f"x-chatcert-{rule}" in schema for rule in _FIXED)
        return not (is_fixed or any(word in schema for word in ("enum", "const", "format")))
    return any(_speaks_of_texts(name) for name in path) or _is_inside_documented(path, fields)


def _is_inside_documented(path: Sequence[str], fields: dict[tuple[str, ...], Field]) -> bool:
    """Return whether a place is in a documented member, which may hold whatever a request held."""
    return bool(path) and (path[0],) in fields


def _speaks_of_texts(name: str) -> bool:
    return not _GENERATED.isdisjoint(snake(name).lower().split("_"))
