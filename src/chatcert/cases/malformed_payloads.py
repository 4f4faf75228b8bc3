"""Payloads that are no JSON text, or none at all, made from a valid one."""

from __future__ import annotations

NEEDS_MEMBERS = ("truncated", "missing-comma", "nan", "trailing-comma", "single-quotes")
"""Forms that break what stands between the braces: an empty object has nothing that they could break."""


def malformed(form: str, valid: bytes, with_nan: bytes) -> list[tuple[str, bytes | None]]:
    """Return the payloads of one malformed form, each with a label; ``None`` stands for no body at all.

    Args:
        form: the last segment of the requirement's id.
        valid: a JSON object of a valid request.
        with_nan: the same with NaN in place of a value.
    """
    match form:
        case "truncated":
            return [(f"cut off after {len(valid) // 2} bytes", valid[: len(valid) // 2])]
        case "unclosed":
            return [("without its closing brace", valid[:-1])]
        case "garbage":
            return [("plain words", b"this is no JSON"), ("XML", b"<chat><id>1</id></chat>")]
        case "trailing-bytes":
            return [
                ("a letter after it", valid + b" x"),
                ("a second brace", valid + b"}"),
                ("a second object", valid + valid),
            ]
        case "missing-comma":
            return [("two members without a comma", b'{"a" 1 "b":2' + valid[1:])]
        case "nan":
            return [("NaN in place of a value", with_nan)]
        case "trailing-comma":
            return [("a comma after the last member", valid[:-1] + b",}")]
        case "comment":
            return [("a comment", b"/* a comment */" + valid)]
        case "single-quotes":
            return [("single quotes", valid.replace(b'"', b"'"))]
        case "control-character":
            separator = b"," if len(valid) > len(b"{}") else b""
            return [("a line break inside a string", valid[:-1] + separator + b'"x":"a\nb"}')]
        case "absent":
            return [("no body", None)]
        case "empty":
            return [("a body of 0 bytes", b"")]
        case "white-space":
            return [("white space", b" \n")]
        case _:
            raise ValueError(f"unknown form of a malformed payload: {form!r}")
