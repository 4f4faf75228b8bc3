"""Guards: nobody is aimed at by mistake, neither paying customers nor a name that stands for another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcert.exceptions import ConfigurationError
from chatcert.openapi.contract import Contract
from chatcert.transport.destination import Destination, check_destination
from chatcert.transport.hosts import canonical, host_in, is_placeholder, is_server_of, server_hosts
from chatcert.transport.targets_file import Entry
from chatcert.vendors import known_vendors, open_vendor


def contract_with(*servers: Any, **document: Any) -> Contract:
    """A contract whose document names these servers."""
    return replace(open_vendor("agencii"), document={"openapi": "3.1.0", "servers": list(servers), **document})


@pytest.mark.parametrize("vendor", [vendor for vendor in known_vendors() if vendor != "openwebui"])
def test_the_servers_of_bundled_documents_are_guarded(vendor: str) -> None:
    """Each server of each vendor's document is refused unless production is allowed."""
    contract = open_vendor(vendor)

    assert contract.servers
    for server in contract.servers:
        with pytest.raises(ConfigurationError, match="--allow-production") as caught:
            check_destination(Destination(url=f"{server}/v1"), contract, allow_production=False)
        assert 78 == caught.value.exit_code
        check_destination(Destination(url=f"{server}/v1"), contract, allow_production=True)


SPELLINGS = [
    "https://api.bücher.dev",
    "https://API.BÜCHER.DEV",
    "https://api.xn--bcher-kva.dev",
    "https://api.bücher.dev.",
    "https://api.bücher.dev:443/base",
    "http://api.bücher.dev:8080",
    "https://me@api.bücher.dev",
    "//api.bücher.dev",
    "https://api。bücher.dev",
    "https://\uff41\uff50\uff49.bücher.dev",
    "https://api.bu\u0308cher.dev",
    "https://api%2Eb%C3%BCcher.dev",
    "https://ap\u00adi.bücher.dev",
    " https://api.bücher.dev ",
    "https://api.bücher.dev?x",
    "https://api.bücher.dev\\@elsewhere.dev",
]


@pytest.mark.parametrize("url", SPELLINGS)
def test_a_host_is_the_same_in_any_spelling(url: str) -> None:
    """Case, a full stop at the end, ports, users and forms of an international name make no other host."""
    for server in ("https://api.bücher.dev/v1", "https://api.xn--bcher-kva.dev", "https://Api.Bücher.dev.:443"):
        assert is_server_of(contract_with({"url": server}), url)


@pytest.mark.parametrize(
    "url",
    [
        "https://staging.bücher.dev",
        "https://bücher.dev",
        "https://api.bucher.dev",
        "https://api.bücher.dev.elsewhere.dev",
        "https://elsewhere.dev/api.bücher.dev",
    ],
)
def test_another_host_is_another(url: str) -> None:
    """A host that only resembles a server of the document is not taken for it."""
    assert not is_server_of(contract_with({"url": "https://api.bücher.dev"}), url)


@pytest.mark.parametrize("server", ["http://192.0.2.7", "http://[::ffff:192.0.2.7]", "http://3221225991:80"])
@pytest.mark.parametrize(
    "url", ["http://192.0.2.7:8080", "http://0xc0000207/", "http://192.0.519", "http://[::ffff:c000:207]"]
)
def test_an_address_of_numbers_is_the_same_in_any_notation(server: str, url: str) -> None:
    """What a resolver takes for one IP address is one host."""
    assert is_server_of(contract_with({"url": server}), url)


def test_every_value_of_a_variable_is_guarded() -> None:
    """Servers with variables: each listed value, the default, and anything below a domain of somebody's own."""
    contract = contract_with(
        {
            "url": "{scheme}://{region}.vendor.dev:{port}/{version}",
            "variables": {"region": {"default": "eu", "enum": ["eu", "us"]}, "scheme": {"default": "https"}},
        },
        {"url": "https://{tenant}.customers.dev", "variables": {"tenant": {"default": "demo"}}},
        {"url": "{base}/v1", "variables": {"base": {"default": "https://whole.vendor.dev"}}},
        {"url": "https://{host}", "variables": {"host": {"default": "default.dev"}}},
    )

    refused = (
        "eu.vendor.dev",
        "us.vendor.dev",
        "demo.customers.dev",
        "acme.customers.dev",
        "a.b.customers.dev",
        "whole.vendor.dev",
        "default.dev",
    )
    allowed = ("ap.vendor.dev", "vendor.dev", "customers.dev", "elsewhere.dev")
    assert [] == [host for host in refused if not is_server_of(contract, f"https://{host}/x")]
    assert [] == [host for host in allowed if is_server_of(contract, f"https://{host}/x")]


def test_every_server_of_a_document_is_guarded() -> None:
    """Servers of the document, of any path and of any operation count, and so does the host of an older document."""
    contract = contract_with(
        {"url": "https://one.dev"},
        {"url": "/relative"},
        "no server",
        {"url": 7},
        {},
        paths={"/other": {"servers": [{"url": "https://two.dev"}], "get": {"servers": [{"url": "three.dev/v1"}]}}},
        swagger="2.0",
        host="four.dev:8443",
    )

    assert {"one.dev", "two.dev", "three.dev", "four.dev"} == server_hosts(contract)


@pytest.mark.parametrize("url", ["http://localhost:1", "http://127.0.0.1:1", "http://127.9.9.9", "http://[::1]:1"])
def test_this_machine_serves_no_customers(url: str) -> None:
    """A document that names this machine as its server does not keep anybody from testing there."""
    contract = contract_with({"url": url})

    assert not is_server_of(contract, url)
    check_destination(Destination(url=url), contract, allow_production=False)


def test_a_target_marked_as_production_is_guarded_wherever_it_is() -> None:
    """What the targets file says is believed, on this machine too."""
    entry = Entry(vendor="openwebui", url="http://127.0.0.1:1", production=True, credentials={"BearerAuth": "${KEY}"})
    destination = Destination(url=entry.url, name="live", entry=entry)

    with pytest.raises(ConfigurationError, match=r"\[targets\.live\].*--allow-production"):
        check_destination(destination, open_vendor("openwebui"), allow_production=False)
    check_destination(destination, open_vendor("openwebui"), allow_production=True)
    assert destination.is_safe_only(open_vendor("openwebui"))
    assert not replace(destination, with_robustness=True).is_safe_only(open_vendor("openwebui"))


PLACEHOLDERS = [
    "https://example.com",
    "https://api.example.org:8443/v1",
    "https://EXAMPLE.NET.",
    "https://staging.acme.example",
    "http://server.invalid",
    "http://server.test",
    "https://<host>/v1",
    "https://{tenant}.acme.dev",
    "https://your-domain.com",
    "https://api.your_company.io",
    "https://yourserver.io",
    "https://your.host.io",
    "https://$HOST/",
    "https://*.acme.dev",
    "https://me@example.com",
]


@pytest.mark.parametrize("url", PLACEHOLDERS)
@pytest.mark.parametrize("allow", [False, True])
def test_a_placeholder_is_refused(url: str, allow: bool) -> None:
    """An address that only stands for another is refused with a hint, whatever is allowed."""
    with pytest.raises(ConfigurationError, match="give the address of your own server") as caught:
        check_destination(Destination(url=url), open_vendor("openwebui"), allow_production=allow)
    assert 78 == caught.value.exit_code


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000",
        "http://[::1]:8000",
        "http://localhost",
        "https://yourt.dev",
        "https://test.acme.dev",
        "https://example.acme.dev",
        "https://contest",
        "https://myexample.com",
        "https://acme.dev/example.com/{x}",
    ],
)
def test_an_address_of_somebody_is_none(url: str) -> None:
    """Addresses that only resemble placeholders are not refused."""
    assert not is_placeholder(url)


@given(st.text())
def test_any_text_has_a_host_or_none(text: str) -> None:
    """No text, however odd, breaks the guards, and a canonical host stays what it is."""
    host = host_in(f"https://{text}")

    assert isinstance(is_placeholder(text), bool)
    assert canonical(canonical(text)) == canonical(text)
    assert isinstance(host, str)


HOSTS = st.lists(st.sampled_from(["api", "eu1", "x", "b\u00fccher", "vendor", "dev", "a-b"]), min_size=2, max_size=4)


@given(HOSTS, st.integers(0, 2**40), st.sampled_from(["", ".", ":443", ":8443", ".:80", "/v1", "?", "#"]))
def test_any_spelling_of_a_server_is_refused(labels: list[str], capitals: int, ending: str) -> None:
    """Whatever letters are capitals, whatever port is named: the host of a server is found out."""
    host = ".".join(labels)
    spelt = "".join(letter.upper() if capitals >> place & 1 else letter for place, letter in enumerate(host))

    assert is_server_of(contract_with({"url": f"https://{host}/base"}), f"https://{spelt}{ending}")
