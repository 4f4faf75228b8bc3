"""Ten kinds of findings on ten servers: each is confirmed when it is sent again, and gone once its server is mended."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from chatcert.cli.main import main
from chatcert.mock.backend import Backend
from chatcert.mock.server import create_app, environment
from chatcert.openapi.contract import Contract
from chatcert.run.replaying import _lasting
from chatcert.vendors import known_vendors, open_spec, open_vendor

pytestmark = pytest.mark.slow

DOCUMENTS = Path(__file__).parents[1] / "documents"


class Broken(NamedTuple):
    """A finding, and the fault of a server that has it.

    Attributes:
        vendor: a bundled one, or a document of the tests.
        fault: the variant of the fault, where there are several.
        needs_others: whether it shows in answers to the requests of other requirements.
    """

    vendor: str
    requirement: str
    fault: str = ""
    needs_others: bool = False

    @property
    def contract(self) -> Contract:
        """What the server promises."""
        return open_vendor(self.vendor) if self.vendor in known_vendors() else open_spec(DOCUMENTS / self.vendor)


KINDS = {
    "authentication": Broken("polyai", "auth/X-API-KEY/missing"),
    "refusal": Broken("sigmamind", "request/body/input/maxLength"),
    "acceptance": Broken("openwebui", "accepts/body/folder_id/present"),
    "header": Broken("tracked.yaml", "response/201/header/Location/required"),
    "stream": Broken("streams.yaml", "response/200/stream/framing", "json"),
    "state": Broken("sigmamind", "state/after-refusal", "refused"),
    "framing": Broken("sigmamind", "framing/chunked", "refused"),
    "echo": Broken("openwebui", "response/200/title/equals", "trimmed"),
    "isolation": Broken("sigmamind", "response/any/no-other-request", "refusal", needs_others=True),
    "lifecycle": Broken("kept.yaml", "lifecycle/created", "altered"),
}


@pytest.fixture(params=KINDS)
def found(request: pytest.FixtureRequest, certify: Any, switchboard: Any) -> tuple[list[str], Callable[[], None]]:
    """Certifies a server with a fault; gives the command that replays its finding, and what mends the server."""
    broken = KINDS[request.param]
    contract = broken.contract
    backend, name = Backend.of(contract, 1), f"{contract.vendor}/{broken.requirement}"
    fault = "/".join(filter(None, (contract.vendor, "fault", broken.requirement, broken.fault)))

    def serve(*faults: str) -> None:
        switchboard.app = create_app([contract], faults=faults, backends={contract.vendor: backend})

    serve(fault)
    subject = [broken.vendor] if broken.vendor in known_vendors() else ["--spec", DOCUMENTS / broken.vendor]
    address = f"{switchboard.address}/{contract.vendor}"
    options = ("--profile", "quick") if broken.needs_others else ("--profile", "standard", "--only", name)
    run = certify(*subject, "--url", address, *options, variables=environment(contract, backend))
    assert name in run.with_word(contract.vendor, "fail", "warn"), run.text[:500]
    return ["replay", str(run.folder / contract.vendor), name], serve


def test_a_finding_is_confirmed_made_minimal_and_then_gone(found: Any, capfd: pytest.CaptureFixture[str]) -> None:
    """Each finding is there when it is sent again, and gone after the repair.

    With thirty more requests, one that rests on a single body has a body of which every part is needed; others say why
    not.
    """
    command, mend = found
    capfd.readouterr()

    there = main([*command, "--minimise", "30", "--format", "json"])
    result = json.loads(capfd.readouterr().out)["result"]
    assert (1, "confirmed") == (there, result["result"]), result["now"]
    minimal, why = result["minimal"], result["not_minimised"]
    if any(part in command[-1] for part in ("/state/", "/lifecycle/", "no-other-request")):
        assert (None, "it rests on several requests, or on one without a JSON body") == (minimal, why)
    else:
        assert (True, True, "") == (minimal["is_minimal"], minimal["requests"] <= 30, why), minimal["requests"]
    mend()
    gone = main(command)
    assert (0, True) == (gone, f"{command[-1]}: gone" in (said := capfd.readouterr().out)), said


@pytest.mark.parametrize(
    ("then", "now", "same"),
    [
        ("'ccakialmcyrdk2' of exchange 5", "'ccll4qqgua3uzq' of exchange 17", True),
        ("2026-11-30T22:03:08.674Z is late", "2026-12-01T09:00:00Z is late", True),
        ("1796075000.5, as in exchange 1", "1796079999, as in exchange 3", True),
        ("status 500", "status 502", False),
        ("a text of 64 characters", "a text of 65 characters", False),
        ("'chat_1'", "'chat_2'", False),
    ],
)
def test_what_is_new_each_time_changes_no_finding(then: str, now: str, same: bool) -> None:
    """Markers, times and numbers of exchanges make no other finding; statuses, lengths and values do."""
    assert same is (_lasting(then) == _lasting(now))
