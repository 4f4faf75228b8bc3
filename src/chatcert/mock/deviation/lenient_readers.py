"""Read request bodies that a strict server refuses: malformed JSON, undocumented media types, no body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatcert.mock.call import Call
from chatcert.mock.deviation.deviations import BodyReader
from chatcert.mock.deviation.json_mistakes import mistake
from chatcert.mock.payload import Malformed, read_form, read_json
from chatcert.openapi.contract import Body
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.requirements.check import PayloadForm

MEDIA_TYPES: Mapping[PayloadForm, str] = {
    PayloadForm.TEXT_PLAIN: "text/plain",
    PayloadForm.FORM: "application/x-www-form-urlencoded",
    PayloadForm.XML: "application/xml",
}
"""Media types that are not documented, by the form of the payload that requirements name."""


def lenient_reader(form: PayloadForm, body: Body) -> tuple[str, BodyReader]:
    """Return what a server does that reads payloads of one wrong form, in words, and its reader."""
    if form in MEDIA_TYPES:
        media_type = MEDIA_TYPES[form]
        return f"a body of type {media_type} is read", lambda call, valid: _read_as(call, media_type, body, valid)
    if form in (PayloadForm.ABSENT, PayloadForm.EMPTY, PayloadForm.WHITE_SPACE):
        return (
            f"a body that is {form} counts as a valid one",
            lambda call, valid: valid if _emptiness(call) == form else MISSING,
        )
    return f"a JSON text with the mistake '{form}' is read", lambda call, valid: _repaired(call, form, valid)


def _emptiness(call: Call) -> PayloadForm | None:
    if call.body:
        return None if call.body.strip() else PayloadForm.WHITE_SPACE
    return PayloadForm.ABSENT if call.header("content-type") is None else PayloadForm.EMPTY


def _read_as(call: Call, media_type: str, body: Body, valid: Any) -> Any:
    if (call.header("content-type") or "").partition(";")[0].strip().lower() != media_type:
        return MISSING
    try:
        return read_json(call.body)
    except Malformed:
        pass
    if "form" in media_type:
        try:
            return read_form(call.body, media_type, body.schema, body.encoding) or valid
        except Malformed:
            return MISSING
    return valid


def _repaired(call: Call, form: PayloadForm, valid: Any) -> Any:
    """Return what a lenient parser makes of a text with the mistake ``form``; ``MISSING`` for any other text."""
    if "json" not in (call.header("content-type") or "json").lower():
        return MISSING
    try:
        text = call.body.decode("utf-8")
    except UnicodeDecodeError:
        return MISSING
    found, value = mistake(text)
    if found != form:
        return MISSING
    return valid if value is MISSING else value
