"""``targets.toml``: what it may hold, what a mistake in it looks like, and what becomes of ``${VAR}``."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcert.exceptions import ConfigurationError
from chatcert.files import packaged_text
from chatcert.transport.credentials.secret_values import Secret
from chatcert.transport.destination import Destination, check_destination, known_resources, resolve
from chatcert.transport.expansion import UnsetVariableError, expanded, variables_in
from chatcert.transport.target import other_secrets
from chatcert.transport.targets_file import SCHEMA_FILE, Entry, entry_named, read_targets, schema_text
from chatcert.vendors import open_vendor

EXAMPLE = Path(__file__).parents[3] / "targets.example.toml"
SECRET = "sk-in-clear-9fQ2vX7LmT4b"
HEAD = '[targets.staging]\nvendor = "agencii"\nurl = "http://127.0.0.1:9/base"\n'
WHOLE = f"""{HEAD}
[targets.staging.credentials]
BearerAuth = "${{TOKEN}}"
[targets.staging.resources]
apiIntegrationId = "${{PREFIX}}-7"
[targets.staging.headers]
X-Gateway-Token = "${{GATEWAY}}"
X-Caller = "costs $$5"
"""
VARIABLES = {"TOKEN": " sk-1-9fQ2vX7L\n", "PREFIX": "integration", "GATEWAY": "gate-0123456789"}


@pytest.fixture
def written(tmp_path: Path) -> Any:
    """Writes a targets file and gives its path."""

    def write(text: str | bytes) -> Path:
        path = tmp_path / "targets.toml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def destination_of(path: Path, name: str = "staging") -> Destination:
    entry = entry_named(name, read_targets(path), path)
    return Destination(url=entry.url, name=name, entry=entry, file=path)


def refusal(path: Path, **variables: str) -> str:
    """The one line with which a file is refused, wherever that happens."""

    def use() -> None:
        destination = destination_of(path)
        check_destination(destination, open_vendor("agencii"), allow_production=False)
        resolve(destination, open_vendor("agencii"), {**VARIABLES, **variables})

    with pytest.raises(ConfigurationError) as caught:
        use()
    line = caught.value.line()
    assert 78 == caught.value.exit_code
    assert "\n" not in line
    return line


def test_the_example_fits_the_vendors_that_it_names() -> None:
    """The file that people copy is valid, and each of its targets has all that its vendor's document asks for."""
    entries = read_targets(EXAMPLE)

    assert {"agencii-staging", "polyai-eu", "chat-at-home"} == set(entries)
    used = {field for entry in entries.values() for field in entry.model_fields_set}
    shown = {*re.findall(r"^# (\w+) = ", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE)}
    assert set(Entry.model_fields) <= used | shown
    for name, entry in entries.items():
        destination = Destination(url="http://127.0.0.1:9", name=name, entry=entry, file=EXAMPLE)
        check_destination(destination, open_vendor(entry.vendor), allow_production=True)


def test_the_example_works_at_night() -> None:
    """The nightly workflow hands over each variable that it reads; no target needs another file or a permission."""
    text = EXAMPLE.read_text(encoding="utf-8")
    read = {*re.findall(r"\$\{(\w+)\}", re.sub(r"^#.*$|  # .*$", "", text, flags=re.MULTILINE))} - {"VARIABLE"}
    workflow = (EXAMPLE.parent / ".github" / "workflows" / "nightly.yml").read_text(encoding="utf-8")

    assert read
    assert read <= {*re.findall(r"^ +(CHATCERT_\w+): \$\{\{ (?:secrets|vars)\.\1 \}\}$", workflow, re.MULTILINE)}
    needing = {"production", "ca_bundle", "client_certificate", "request_hook", "proxy"}
    assert not any(needing & entry.model_fields_set for entry in read_targets(EXAMPLE).values())


def test_the_example_cannot_be_used_as_it_is() -> None:
    """A copy that was not filled in has no usable target."""
    for name, entry in read_targets(EXAMPLE).items():
        with pytest.raises(ConfigurationError, match="is a placeholder"):
            check_destination(replace(destination_of(EXAMPLE, name)), open_vendor(entry.vendor), allow_production=True)


def test_the_published_schema_is_that_of_the_models() -> None:
    """The JSON Schema in the package is what the models say (write ``schema_text()`` there when they change)."""
    published = packaged_text("chatcert.transport", "schema", SCHEMA_FILE)

    assert schema_text() == published
    validator = jsonschema_rs.validator_for(json.loads(published))
    assert validator.is_valid(tomllib.loads(EXAMPLE.read_text(encoding="utf-8")))
    assert not validator.is_valid({"targets": {"a": {"vendor": "x", "url": "http://h", "colour": "red"}}})


MISTAKES = {
    "unknown key": (HEAD + "ratte = 3", "[targets.staging]", "unknown key 'ratte'", "did you mean rate?"),
    "strange key": (HEAD + "x = 3", "[targets.staging]", "unknown key 'x'", "known: vendor, url"),
    "unknown table": (HEAD + "[defaults]", "targets.toml", "unknown key 'defaults'", "known: run, targets"),
    "key of a certificate": (
        HEAD + 'client_certificate = {cert = "a", kye = "b"}',
        "[targets.staging.client_certificate]",
        "unknown key 'kye'",
        "did you mean key?",
    ),
    "two sources": (
        HEAD + '[targets.staging.credentials]\nBearerAuth = {file = "f", token_url = "http://h/t"}',
        "[targets.staging.credentials.BearerAuth]",
        "'token_url' is a key of another source than 'file'",
        "of file the keys are: file",
    ),
    "command of a shell": (
        HEAD + '[targets.staging.credentials]\nBearerAuth = {command = "vault kv get"}',
        "[targets.staging.credentials.BearerAuth]",
        "'command' is one text, and no shell reads it",
        "give a list",
    ),
    "no vendor": ('[targets.a]\nurl = "http://h"', "[targets.a]", "'vendor' is missing", "add it"),
    "no targets": ("", "targets.toml", "'targets' is missing", "targets.example.toml"),
    "no table": ('[targets]\nstaging = "http://h"', "[targets]", "'staging' is not a table", "targets.example.toml"),
    "text for a number": (HEAD + 'rate = "5"', "[targets.staging]", "'rate' should be a valid number", ""),
    "no rate": (HEAD + "rate = 0", "[targets.staging]", "'rate' should be greater than 0", ""),
    "endless rate": (HEAD + "rate = inf", "[targets.staging]", "'rate' should be less than", ""),
    "half a job": (HEAD + "jobs = 1.5", "[targets.staging]", "'jobs'", ""),
    "number for a flag": (HEAD + "production = 1", "[targets.staging]", "'production' should be a valid boolean", ""),
    "path without slash": (HEAD + 'path = "x"', "[targets.staging]", "'path'", ""),
    "no address": (
        HEAD.replace("http:", "ftp:"),
        "[targets.staging]",
        "'url' is not an http(s) address",
        "give http://",
    ),
    "password in the address": (HEAD.replace("//", f"//me:{SECRET}@"), "[targets.staging]", "'url'", "environment"),
    "credential in plain text": (
        f'{HEAD}[targets.staging.credentials]\nBearerAuth = "{SECRET}"',
        "[targets.staging.credentials]",
        "'BearerAuth' is a credential in plain text",
        "write ${VARIABLE}",
    ),
    "lone dollar": (
        f'{HEAD}[targets.staging.credentials]\nBearerAuth = "$TOKEN"',
        "[targets.staging.credentials]",
        "'BearerAuth' has a $",
        "write $$",
    ),
    "header in plain text": (
        f'{HEAD}[targets.staging.headers]\nX-Api-Key = "{SECRET}"',
        "[targets.staging]",
        "X-Api-Key in plain text",
        "write ${VARIABLE}",
    ),
    "header of the message": (
        f'{HEAD}[targets.staging.headers]\nContent-Type = "text/plain"',
        "[targets.staging]",
        "has Content-Type",
        "leave it out",
    ),
    "header name": (
        f'{HEAD}[targets.staging.headers]\n"X Y" = "z"',
        "[targets.staging",
        "is not a valid name",
        "use letters",
    ),
    "target name": (
        '[targets."a b"]\nvendor = "x"\nurl = "http://h"',
        "[targets",
        "is not a valid name",
        "use letters",
    ),
    "password of the proxy": (
        HEAD + f'proxy = "http://me:{SECRET}@proxy:3128"',
        "[targets.staging]",
        "'proxy' holds a password in plain text",
        "write ${VARIABLE}",
    ),
    "no proxy": (HEAD + 'proxy = "socks5://proxy"', "[targets.staging]", "'proxy' is not the address", "give http://"),
    "no TOML": ("[targets\nx = 1", "targets.toml", "not valid TOML", "line 1"),
    "long number": ("a = " + "9" * 5000, "targets.toml", "not valid TOML", "mend the file"),
    "deep": ("a = " + "[" * 50_000, "targets.toml", "not valid TOML", "mend the file"),
    "no text": (b"\xff\xfe", "targets.toml", "not UTF-8 text", "save it as UTF-8"),
    "large": ("#" * (1024 * 1024 + 1), "targets.toml", "larger than 1 MiB", "--targets-file"),
    "unknown scheme": (
        HEAD + '[targets.staging.credentials]\nBearrAuth = "${TOKEN}"',
        "[targets.staging.credentials]",
        "agencii knows no 'BearrAuth'",
        "did you mean BearerAuth?",
    ),
    "missing scheme": (HEAD, "[targets.staging.credentials]", "no BearerAuth", "${CHATCERT_AGENCII_BEARER_AUTH}"),
    "missing resource": (
        HEAD + '[targets.staging.credentials]\nBearerAuth = "${TOKEN}"',
        "[targets.staging.resources]",
        "no apiIntegrationId",
        "${CHATCERT_AGENCII_API_INTEGRATION_ID}",
    ),
    "header of the document": (
        WHOLE.replace("X-Gateway-Token", "authorization"),
        "[targets.staging.headers]",
        "authorization is BearerAuth of the document",
        "leave it out",
    ),
    "other target": ('[targets.stagin]\nvendor = "x"\nurl = "http://h"', "no target 'staging'", "", "mean stagin?"),
}


@pytest.mark.parametrize(("text", "place", "problem", "advice"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_line(written: Any, text: str | bytes, place: str, problem: str, advice: str) -> None:
    """Every mistake gives one line with file, section, key, what is wrong and what to do, and shows no value."""
    path = written(text)

    line = refusal(path)

    assert line.startswith(str(path))
    assert place in line
    assert problem in line
    assert advice in line
    assert SECRET not in line


@pytest.mark.parametrize("path", ["nowhere.toml", "."])
def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path, path: str) -> None:
    """No file, or a folder, is a matter of configuration, with the option that names another."""
    line = refusal(tmp_path / path)

    assert "--targets-file" in line


@pytest.mark.parametrize("name", ["TOKEN", "PREFIX", "GATEWAY"])
@pytest.mark.parametrize("value", ["", " \n"])
def test_an_unset_variable_is_named(written: Any, name: str, value: str) -> None:
    """A variable that is not set, or blank, is named, with the key that asks for it; values of others are not shown."""
    line = refusal(written(WHOLE), **{name: value})

    assert f"no value for {name} " in line
    assert "set the environment variable" in line
    assert [] == [other for other in VARIABLES.values() if other.strip() in line.replace(str(written(WHOLE)), "")]


@pytest.mark.parametrize(("name", "key"), [("TOKEN", "BearerAuth"), ("GATEWAY", "X-Gateway-Token")])
def test_a_value_that_no_header_can_carry_is_reported(written: Any, name: str, key: str) -> None:
    """A pasted line break is named by its key, and the value not shown."""
    line = refusal(written(WHOLE), **{name: f"{SECRET}\n{SECRET}"})

    assert key in line
    assert SECRET not in line


def test_values_come_from_the_environment(written: Any) -> None:
    """Variables stand for their values without white space at the ends; two dollars stand for one."""
    target = resolve(destination_of(written(WHOLE)), open_vendor("agencii"), VARIABLES)

    assert "sk-1-9fQ2vX7L" == target.credentials["BearerAuth"].reveal()
    assert "integration-7" == target.resources["apiIntegrationId"]
    gateway = target.headers["X-Gateway-Token"]
    assert isinstance(gateway, Secret)
    assert VARIABLES["GATEWAY"] == gateway.reveal()
    assert "costs $5" == target.headers["X-Caller"]


def test_a_target_shows_no_secret(written: Any) -> None:
    """However a target is printed, neither a credential nor a header from a variable nor a proxy's password shows."""
    text = WHOLE.replace(HEAD, HEAD + 'proxy = "http://ci:${WORD}@127.0.0.1:1"\n')
    target = resolve(destination_of(written(text)), open_vendor("agencii"), {**VARIABLES, "WORD": "pass@word/1"})

    hidden = ("sk-1", VARIABLES["GATEWAY"], "word/1", "word%2F1")
    assert [] == [value for value in hidden if value in f"{target} {target!r}"]
    assert target.proxy is not None
    assert "http://ci:pass%40word%2F1@127.0.0.1:1" == target.proxy.reveal()
    assert "pass@word/1" == other_secrets(target)["proxy"].reveal()


def test_short_values_and_names_of_things_are_not_hidden_in_answers(written: Any) -> None:
    """A header's value that is short, or that names a thing which answers repeat, is not cut out of them."""
    variables = {**VARIABLES, "GATEWAY": "eu"}
    assert {} == other_secrets(resolve(destination_of(written(WHOLE)), open_vendor("agencii"), variables))
    variables = {**VARIABLES, "GATEWAY": "integration-7"}
    assert {} == other_secrets(resolve(destination_of(written(WHOLE)), open_vendor("agencii"), variables))


def test_a_plan_needs_no_variable(written: Any) -> None:
    """For a plan, resources are known as far as the environment tells; what is missing is not an error."""
    destination = destination_of(written(WHOLE))

    assert {"apiIntegrationId": "integration-7"} == known_resources(destination, open_vendor("agencii"), VARIABLES)
    assert {} == known_resources(destination, open_vendor("agencii"), {})


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("ca_bundle", 'ca_bundle = "own.pem"'),
        ("client_certificate", 'client_certificate = {cert = "own.pem", key = "own.key"}'),
    ],
)
@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_certificate_that_cannot_be_used_is_reported(
    written: Any, tmp_path: Path, key: str, line: str, content: Any
) -> None:
    """A missing file, or one that is not PEM, is an error before anything is sent; paths are relative to that file."""
    if content is not None:
        (tmp_path / "own.pem").write_text(content)

    output = refusal(written(WHOLE.replace(HEAD, f"{HEAD}{line}\n")))

    assert f"{key} {tmp_path / 'own.pem'}" in output


@given(st.text())
def test_a_doubled_dollar_is_a_dollar(text: str) -> None:
    """Any text can be written, by doubling its dollars; it then refers to nothing."""
    written_down = text.replace("$", "$$")

    assert () == variables_in(written_down)
    assert text == expanded(written_down, {})


NAMES = st.sampled_from(["A", "_", "KEY_2", "lower", "X9"])
VALUES = st.text(min_size=1, max_size=10).filter(str.strip)


@given(st.dictionaries(NAMES, VALUES, min_size=1), st.text(max_size=10))
def test_values_are_put_in_once(values: dict[str, str], between: str) -> None:
    """What a variable holds is put in as it is: a dollar in it refers to nothing further."""
    plain = between.replace("$", "$$")
    text = plain.join("${" + name + "}" for name in values)

    assert between.join(value.strip() for value in values.values()) == expanded(text, values)
    with pytest.raises(UnsetVariableError) as caught:
        expanded(text, {})
    assert tuple(values) == caught.value.names
