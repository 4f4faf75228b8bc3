"""Commands of a finding take certificates of the target from variables, so that no report holds a path of a machine."""

from __future__ import annotations

from chatcert.report.curl_certificates import with_certificates

LINE = "curl -sS -i -X POST https://h/ --data-binary 'curl -sS -i x & curl -sS -iv'"


def test_every_command_of_a_finding_has_the_options() -> None:
    """Loops, pipes and requests at once each trust the authorities of the target; what is sent stays as it is."""
    commands = f"{LINE}\nfor i in $(seq 3); do {LINE}; echo; done\necho x | base64 -d | {LINE} & {LINE} & wait"
    options = '--cacert "$CHATCERT_CA_BUNDLE" '

    shown = with_certificates(commands, {"ca_bundle": True})

    assert commands.replace("curl -sS -i -X", f"curl -sS -i {options}-X") == shown


def test_a_client_certificate_is_given_too() -> None:
    """Where the target wants a certificate of the client, its files are variables as well; else nothing changes."""
    shown = with_certificates(LINE, {"client_certificate": True})

    assert '-i --cert "$CHATCERT_CLIENT_CERTIFICATE" --key "$CHATCERT_CLIENT_KEY" -X POST' in shown
    assert [LINE, LINE] == [with_certificates(LINE, None), with_certificates(LINE, {"ca_bundle": False})]
