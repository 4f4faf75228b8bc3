"""A worker of pytest-xdist on another machine, as the controller has it: what it asks for is done here.

``controller`` is the other end, and tells what is said.
"""

from __future__ import annotations

import json
import math
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from chatcert import __version__, exceptions
from chatcert.controller import Channel
from chatcert.exceptions import ChatcertError, ConfigurationError, SuiteError, UsageError
from chatcert.ledger import LedgerReader, LedgerWriter
from chatcert.origin import settings_of
from chatcert.resuming import SAME
from chatcert.runs import Setting
from chatcert.target.aim import variables_of
from chatcert.target.budget import Budget, Stopped

END_SECONDS = 30.0
"""How long the controller waits for what a worker had still to say when its connection was closed."""

ERRORS = {
    kind.exit_code: kind
    for kind in (
        exceptions.UsageError,
        exceptions.NothingSelectedError,
        exceptions.InputFileError,
        exceptions.SuiteError,
        exceptions.ReachabilityError,
        exceptions.ConfigurationError,
    )
}
"""By exit status, what a worker's error is here."""


def is_remote(spec: Any) -> bool:
    """Whether a worker with this ``--tx`` may see other files, another clock or another environment than we do."""
    return not spec.popen or bool(spec.via) or bool(spec.chdir)


def check_arguments(arguments: Iterable[str], sent_along: Iterable[Path]) -> None:
    """Refuse what pytest-xdist would take for tests to be sent along: any word of the command line that names a file.

    Args:
        sent_along: the folders that it is told to send; it knows them by their absolute paths.

    Raises:
        UsageError: a word names a file that is in none of them.
    """
    roots = [root.resolve() for root in sent_along]
    option = ""
    for argument in arguments:
        path = Path(argument.partition("::")[0])
        if path.exists() and not any(path.is_relative_to(root) for root in roots):
            tests = "give --pyargs chatcert.contract_tests"
            raise UsageError(
                f"{argument} is a file here, which workers on other machines do not have",
                where=option,
                hint=f"write {option}={argument}" if option.startswith("--") else tests,
            )
        option = argument if argument.startswith("-") and "=" not in argument else ""


def check_variables(specs: Iterable[Any], setting: Setting) -> None:
    """Refuse ``--tx`` with what the targets read: pytest-xdist prints it, and every process list shows it.

    Raises:
        ConfigurationError: a variable of a target is set there.
    """
    read = _variables(setting)
    for name in (name for spec in specs for name in spec.env):
        if name in read:
            raise ConfigurationError(
                f"env:{name} would be printed",
                where="--tx",
                hint="leave it out and set the variable here: it is handed over",
            )


def _variables(setting: Setting) -> set[str]:
    """Names of the variables that the targets of a run read."""
    aims = setting.aims.items()
    return {name for vendor, aim in aims for name in variables_of(aim, setting.catalogues[vendor].contract)}


class RemoteWorker:
    """A worker on another machine, and the thread that does what it asks.

    Args:
        name: its id; the name of its ledger files.
        folder_of: where the processes of this run write about a vendor.
        ends: vendor to the moment after which nothing is sent, on the clock of ``time.monotonic``.
        resources: vendor to the digest of its configured resources, as the first worker has them; all share it.
    """

    def __init__(
        self,
        name: str,
        channel: Channel,
        setting: Setting,
        folder_of: Callable[[str], Path],
        ends: Mapping[str, float | None],
        resources: dict[str, str],
    ) -> None:
        self._name = name
        self._channel = channel
        self._setting = setting
        self._folder_of = folder_of
        self._ends = ends
        self._resources = resources
        self._writers: dict[str, LedgerWriter] = {}
        self._readers: dict[str, LedgerReader] = {}
        self._budgets: dict[str, Budget] = {}
        self._trouble: ChatcertError | None = None
        self._settled = threading.Event()
        self._thread = threading.Thread(target=self._serve, name=f"chatcert-{name}", daemon=True)
        self._thread.start()

    def check_ready(self) -> None:
        """Wait until it has said whether it can begin.

        Raises:
            ChatcertError: it cannot.
        """
        self._settled.wait()
        if self._trouble is not None:
            raise self._trouble

    def end(self) -> None:
        """Wait until everything that it has said is written down; its connection is closed before.

        Raises:
            SuiteError: something could not be written down.
        """
        self._thread.join(END_SECONDS)
        if self._thread.is_alive():
            raise SuiteError(f"its last words did not come within {END_SECONDS:.0f} s", where=self._name)
        if isinstance(self._trouble, SuiteError):
            raise self._trouble

    def _serve(self) -> None:
        try:
            while True:
                self._do(*self._channel.receive())
        except ChatcertError as error:
            self._trouble = error
        except (EOFError, OSError):  # it has ended, or the connection has
            pass
        except Exception as error:  # noqa: BLE001  told as ours, without its text, which may quote what was sent
            self._trouble = SuiteError(f"it could not be understood: {type(error).__name__}", where=self._name)
        finally:
            self._settled.set()
            self._channel.close()
            for writer in self._writers.values():
                writer.close()
            for budget in self._budgets.values():
                budget.close()

    def _do(self, word: str, *said: Any) -> None:
        match word:
            case "write":
                vendor, kind, content = said
                self._write(vendor, kind, json.loads(content))
            case "take":
                self._channel.send(self._taken(said[0]))
            case "others":
                self._channel.send(self._others(said[0]))
            case "variables":
                names = _variables(self._setting)
                self._channel.send({name: os.environ[name] for name in names if name in os.environ})
            case "time":
                self._channel.send(time.time())
            case "ready":
                self._settled.set()
            case "refused":
                line, exit_code = said
                raise ERRORS[exit_code](line, where=self._name)
            case _:
                raise ValueError(word)

    def _write(self, vendor: str, kind: str, content: dict[str, Any]) -> None:
        if kind == "header":
            self._check(vendor, content)
            contract = self._setting.catalogues[vendor].contract
            content |= {
                "folder": str(Path.cwd()),
                "settings": settings_of(self._setting, contract),
                "command": self._setting.command(vendor),
            }
        if vendor not in self._writers:
            self._writers[vendor] = LedgerWriter(self._folder_of(vendor), self._name)
        self._writers[vendor].write(kind, **content)

    def _check(self, vendor: str, header: dict[str, Any]) -> None:
        """Make sure that the worker certifies the same as everybody else.

        Raises:
            ConfigurationError: it differs in something that verdicts depend on.
        """
        setting, catalogue = self._setting, self._setting.catalogues[vendor]
        aim, contract = setting.aims[vendor], catalogue.contract
        expected = {
            "suite_version": __version__,
            "catalogue_digest": catalogue.digest,
            "spec_digest": contract.spec_digest,
            "overlay_digest": contract.overlay_digest,
            "profile": setting.profile.name,
            "seed": setting.seed,
            "url": aim.url,
            "path": aim.path,
            "gentle": aim.is_gentle(contract),
            "resources": self._resources.setdefault(vendor, header["resources"]),
        }
        for name, value in expected.items():
            if header[name] != value:
                raise ConfigurationError(
                    f"{SAME[name]} of {vendor} differs from that of the other processes",
                    where=self._name,
                    hint="give every machine the same",
                )
        if header["waivers"] != setting.waivers.of(vendor).to_dict():
            raise ConfigurationError(
                f"{SAME['agreed']} of {vendor} differs from what the other processes have",
                where=self._name,
                hint="give every machine the same",
            )

    def _taken(self, vendor: str) -> tuple[str, float | str | None]:
        try:
            if vendor not in self._budgets:
                limits = self._setting.limits(vendor)
                self._budgets[vendor] = Budget(
                    max_requests=limits.max_requests,
                    rate=limits.rate,
                    ends=self._ends[vendor],
                    folder=self._folder_of(vendor),
                )
            left = self._budgets[vendor].take()
        except Stopped as why:
            return type(why).__name__, str(why)
        except ChatcertError as error:
            return "broken", error.line()
        return "go", left if math.isfinite(left) else None

    def _others(self, vendor: str) -> list[tuple[str, str]]:
        reader = self._readers.setdefault(vendor, LedgerReader(self._folder_of(vendor)))
        return [
            (process, json.dumps(line))
            for process, line in reader.new_lines(without=self._name)
            if line["kind"] == "exchange"
        ]
