"""A server that reads multipart forms, and looks at the media type and the bytes of each part.

It shares no code with chatcert.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from json_server import JsonHandler, running

FIRST_BYTES = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "image/gif": b"GIF8",
    "application/pdf": b"%PDF-",
}
"""How files of a media type begin."""


@contextmanager
def part_server(parts: Mapping[str, tuple[str, ...]], required: Collection[str] = ("title",)) -> Iterator[str]:
    """Run a server that creates a chat for each form whose parts are files of media types that it takes.

    A part called title is a text of 20 characters at most.

    Args:
        parts: the media types that each part may have; the empty one stands for a part that names none.
        required: the parts that have to be there.
    """

    class Handler(JsonHandler):
        def handle_call(self) -> None:
            raw = self.body()
            if self.path.partition("?")[0] != "/chats":
                self.reply(404, {"why": "nothing is here"})
            elif self.command != "POST":
                self.reply(405, {"why": "POST only"}, Allow="POST")
            elif self.media_type() != "multipart/form-data":
                self.reply(415, {"why": "multipart only"})
            elif self.takes(raw):
                self.reply(201, {"id": "c1"})
            else:
                self.reply(400, {"why": "invalid"})

        def takes(self, raw: bytes) -> bool:
            head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
            message = BytesParser(policy=HTTP).parsebytes(head + raw)
            if not message.is_multipart():
                return False
            found = {str(p.get_param("name", header="content-disposition")): p for p in message.iter_parts()}
            title = (found["title"].get_payload(decode=True) or b"").decode() if "title" in found else ""
            return (
                len(title) <= 20
                and found.keys() >= {*required}
                and all(self.is_file(found[name], media_types) for name, media_types in parts.items() if name in found)
            )

        def is_file(self, part: Any, media_types: tuple[str, ...]) -> bool:
            stated = part.get_content_type() if part["Content-Type"] is not None else ""
            first = FIRST_BYTES.get(stated, b"")
            return stated in media_types and (part.get_payload(decode=True) or b"").startswith(first)

    with running(Handler) as url:
        yield url
