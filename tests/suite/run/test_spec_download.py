"""A document that is given by its address is downloaded once, and kept for what comes after the run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from chatcert.run.spec_download import address_in

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "parley.yaml"


@pytest.fixture
def serving() -> Iterator[Callable[..., Any]]:
    """Starts a server that gives these statuses one after the other, the last of them with the example document."""
    running: list[Any] = []

    def start(*statuses: int) -> Any:
        left, asked = [*statuses], []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                status = left.pop(0) if len(left) > 1 else left[0]
                body = EXAMPLE.read_bytes() if status == 200 else b""
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        server.asked, server.url = asked, f"http://127.0.0.1:{server.server_port}/api/openapi.yaml?v=2"
        running.append(server)
        return server

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.mark.slow
def test_a_document_is_certified_by_its_address(certify: Any, serving: Any) -> None:
    """The bundled mock serves it, the report has its digest, and the command that repeats the run has its address."""
    server = serving(200)
    by_address = certify("--spec", server.url, "--name", "parley")
    by_file = certify("--spec", EXAMPLE, "--name", "parley", folder="file")
    first, second = by_address.report("parley"), by_file.report("parley")

    assert (0, ["/api/openapi.yaml?v=2"]) == (by_address.status, server.asked)
    assert first["digests"]["spec"] == second["digests"]["spec"]
    assert f"--spec '{server.url}'" in first["command"]


@pytest.mark.slow
def test_a_server_that_is_not_up_yet_is_waited_for(certify: Any, serving: Any) -> None:
    """With --wait the address is asked again until it gives a document; a plan writes nothing of it."""
    server = serving(503, 404, 200)
    run = certify("--spec", server.url, "--wait", "20", "--plan")

    assert (0, 3) == (run.status, len(server.asked))
    assert not run.folder.exists()


@pytest.mark.parametrize(("status", "line"), [(404, "status 404"), (302, "it leads to /elsewhere: give that address")])
def test_an_address_without_a_document_is_named(certify: Any, serving: Any, status: int, line: str) -> None:
    """What gives no document is an error of the command line: redirects are not followed."""
    run = certify("--spec", serving(status).url)

    assert 2 == run.status
    assert line in " ".join(run.text.split())


def test_only_addresses_are_downloaded() -> None:
    """Paths of files are what they are, whatever they are called."""
    assert "https://h/a//b.yaml".replace("a//b", "a/b") == address_in(Path("https://h/a//b.yaml"))
    assert ["", "", ""] == [address_in(path) for path in (None, Path("http.yaml"), Path("a/http:/b.yaml"))]
