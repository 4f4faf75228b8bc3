"""Payloads that are not JSON text, or none at all, made from a valid one."""

from __future__ import annotations

from chatcert.requirements.check import PayloadForm

NEEDS_MEMBERS = (
    PayloadForm.TRUNCATED,
    PayloadForm.MISSING_COMMA,
    PayloadForm.NAN,
    PayloadForm.TRAILING_COMMA,
    PayloadForm.SINGLE_QUOTES,
)
"""Forms that break what stands between the braces: an empty object has nothing that they could break."""


NO_PAYLOAD = (PayloadForm.ABSENT, PayloadForm.EMPTY, PayloadForm.WHITE_SPACE)
"""Forms in which there is nothing to read, which a form without fields is too."""


def malformed(form: PayloadForm, valid: bytes, with_nan: bytes) -> list[tuple[str, bytes | None]]:
    """Return the payloads of one malformed form, each with a label; ``None`` stands for no body at all.

    Args:
        valid: a JSON object of a valid request.
        with_nan: the same with NaN in place of a value.
    """
    match form:
        case PayloadForm.TRUNCATED:
            return [(f"cut off after {len(valid) // 2} bytes", valid[: len(valid) // 2])]
        case PayloadForm.UNCLOSED:
            return [("without its closing brace", valid[:-1])]
        case PayloadForm.GARBAGE:
            return [("plain words", b"this is no JSON"), ("XML", b"<chat><id>1</id></chat>")]
        case PayloadForm.TRAILING_BYTES:
            return [
                ("a letter after it", valid + b" x"),
                ("a second brace", valid + b"}"),
                ("a second object", valid + valid),
            ]
        case PayloadForm.MISSING_COMMA:
            return [("two members without a comma", b'{"a" 1 "b":2' + valid[1:])]
        case PayloadForm.NAN:
            return [("NaN in place of a value", with_nan)]
        case PayloadForm.TRAILING_COMMA:
            return [("a comma after the last member", valid[:-1] + b",}")]
        case PayloadForm.COMMENT:
            return [("a comment", b"/* a comment */" + valid)]
        case PayloadForm.SINGLE_QUOTES:
            return [("single quotes", valid.replace(b'"', b"'") if b'"' in valid else b"{'x':'y'}")]
        case PayloadForm.CONTROL_CHARACTER:
            separator = b"," if len(valid) > len(b"{}") else b""
            return [("a line break inside a string", valid[:-1] + separator + b'"x":"a\nb"}')]
        case PayloadForm.ABSENT:
            return [("no body", None)]
        case PayloadForm.EMPTY:
            return [("a body of 0 bytes", b"")]
        case PayloadForm.WHITE_SPACE:
            return [("white space", b" \n")]
        case _:
            raise ValueError(f"unknown form of a malformed payload: {form!r}")
