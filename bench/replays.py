"""Whether `chatcert replay` can be relied on: ten bodies that break a requirement, on ten servers with a fault each.

    python bench/replays.py                        all ten; under a minute
    python bench/replays.py polyai/request/body/channel/enum

Each server is certified. Its finding is replayed, with thirty requests to make the body smaller; then each member, each
item and each run of characters is taken away from that body by hand, and the rest is sent to the same server, which
must not break the requirement any more. At last the finding is replayed on the mended server, which must answer the
body as it should.

Exit status: 0 each finding is confirmed, has a body from which nothing can be taken away, and is gone after the repair;
1 one is not; 2 usage.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from replayed.bodies import BROKEN, Broken
from replayed.by_hand import is_answered_rightly, shorter_bodies_that_break
from replayed.switched_server import SwitchedServer

from chatcert.cli.main import main as chatcert
from chatcert.text import count, shorten

REQUESTS = 30
"""Requests to make a body smaller with."""
SHOWN = 3
"""Bodies that are shorter and break the requirement."""


def _output(*arguments: str) -> tuple[int, str]:
    with contextlib.redirect_stdout(io.StringIO()) as printed, contextlib.redirect_stderr(io.StringIO()) as said:
        status = chatcert([*arguments])
    return status, printed.getvalue() or said.getvalue()


def _faults(broken: Broken, server: SwitchedServer, folder: Path) -> Iterator[str]:
    """Try one finding from beginning to end, and yield what is wrong."""
    server.serve(broken.contract, broken.fault)
    with _variables(server.environment):
        subject = [broken.contract.vendor] if not broken.document else ["--spec", str(broken.document)]
        options = ("--url", server.address, "--profile", "standard", "--only", broken.requirement, "--seed", "1")
        _, text = _output("certify", *subject, *options, "--report-dir", str(folder))
        command = ("replay", str(folder / broken.contract.vendor), broken.requirement)
        status, text = _output(*command, "--minimise", str(REQUESTS), "--format", "json")
        result = json.loads(text)["result"]
        if status != 1 or result is None or result["result"] != "confirmed":
            yield f"not confirmed: exit status {status}, {text[:300]}"
            return
        minimal = result["minimal"]
        shown = json.dumps(minimal["body"], ensure_ascii=False) if minimal else result["not_minimised"]
        print(f"  {count(minimal['requests'] if minimal else 0, 'request')}: {shorten(shown, 160)}")
        if minimal is None or not minimal["is_minimal"]:
            yield "no body from which nothing can be taken away"
        else:
            found, sent, still = shorter_bodies_that_break(broken, result["curl"], minimal["body"])
            print(f"  by hand {count(found, 'shorter body', 'shorter bodies')}, {sent} sent, {len(still)} break it")
            yield from (f"less breaks it too: {json.dumps(one, ensure_ascii=False)[:200]}" for one in still[:SHOWN])
        server.serve(broken.contract)
        if minimal is not None and not is_answered_rightly(broken, result["curl"], minimal["body"]):
            yield "the mended server breaks it as well: the body shows something else"
        status, text = _output(*command)
        if status != 0 or f"{broken.requirement}: gone" not in text:
            yield f"not gone from the mended server: exit status {status}, {text[:300]}"


@contextlib.contextmanager
def _variables(values: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _arguments(given: Sequence[str] | None) -> Iterable[Broken]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, prog="bench/replays.py"
    )
    parser.add_argument("requirement", nargs="*", help="only these")
    names = parser.parse_args(given).requirement
    known = {broken.requirement: broken for broken in BROKEN}
    for name in names:
        if name not in known:
            parser.error(f"{name!r} is none of {', '.join(known)}")
    return [known[name] for name in names] if names else BROKEN


def main(given: Sequence[str] | None = None) -> int:
    """Try all of them; return the exit status."""
    chosen = list(_arguments(given))
    wrong = 0
    with SwitchedServer() as server, tempfile.TemporaryDirectory() as folder:
        for number, broken in enumerate(chosen):
            print(f"{broken.requirement} ({broken.fault})", flush=True)
            faults = list(_faults(broken, server, Path(folder) / str(number)))
            wrong += bool(faults)
            print(*(f"  WRONG: {fault}" for fault in faults), sep="\n", end="\n" if faults else "")
    print(f"{len(chosen) - wrong} of {len(chosen)} as they should be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
