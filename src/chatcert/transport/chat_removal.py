"""Removal of the chats that a run has created, one by one, each only where it is known to be this run's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from chatcert.cases.case import JsonBody, Request
from chatcert.cases.two_accounts import OTHER_CREDENTIALS, OTHER_WITH_OWN
from chatcert.exceptions import ConfigurationError
from chatcert.openapi.contract import ChatOperation, Contract
from chatcert.requirements.check import CredentialForm
from chatcert.requirements.operation import Operation
from chatcert.transport.added_headers import AddedHeaders
from chatcert.transport.budget import Budget
from chatcert.transport.client import Client
from chatcert.transport.created_chats import CreatedChat, Removal, created_chats, reasons_to_keep
from chatcert.transport.credential_fetching import Fetcher
from chatcert.transport.credential_forms import Inexpressible
from chatcert.transport.exchange import Answer, Exchange, Received
from chatcert.transport.live_credentials import live_of
from chatcert.transport.ownership import why_not_own
from chatcert.transport.preparation import prepare
from chatcert.transport.redaction import redactor_of
from chatcert.transport.target import Target
from chatcert.transport.tls import context_for

MOST_FAILURES: Final = 5
"""Successive failures of the server after which nothing more is sent to it."""
_GONE: Final = (404, 410)
_NO_CONTENT: Final = 204


class ChatRemoval:
    """Deletes the chats of one run.

    Args:
        exchanges: everything that the run has sent.
        check: called before every request; what it raises ends the removal.
    """

    def __init__(
        self,
        contract: Contract,
        target: Target,
        exchanges: Iterable[Exchange],
        *,
        check: Callable[[], None] | None = None,
    ) -> None:
        self._contract = contract
        self._target = target
        self._exchanges = {exchange.number: exchange for exchange in exchanges}
        self._check = check or (lambda: None)
        self._budget = Budget(rate=target.limits.rate)
        self._client = Client(
            timeout=target.limits.timeout, connections=1, context=context_for(target), proxy=target.proxy
        )
        self._failures = 0
        self._added = AddedHeaders(contract, target, "", "removal", 0)
        self._redactor = redactor_of(contract, target)
        self._live = live_of(target.credentials)

    @property
    def chats(self) -> Sequence[CreatedChat]:
        """The chats of the run."""
        return list(created_chats(self._contract, self._exchanges.values()))

    def run(self, known: Iterable[int] = ()) -> Iterator[Removal]:
        """Delete the chats, and yield what became of each.

        Args:
            known: numbers of the exchanges whose chats are gone already.

        Raises:
            ConfigurationError: a credential cannot be fetched.
        """
        gone = set(known)
        deleted = {
            one.control for one in self._exchanges.values() if one.operation is Operation.DELETE and one.succeeded
        }
        if self._live is not None:
            self._live.open(Fetcher.of(self._target), self._redactor.learn)
        try:
            for chat, reason in reasons_to_keep(
                self._contract, self.chats, self._exchanges, self._target.resources.values()
            ):
                if chat.exchange in gone:
                    continue
                why = "" if chat.exchange in deleted else reason or self._attempt(chat)
                yield Removal(chat.id, chat.exchange, removed=not why, reason=why)
        finally:
            self._client.close()
            self._budget.close()

    def _attempt(self, chat: CreatedChat) -> str:
        """Delete one chat; return why it is not gone, also where there are no credentials for that."""
        try:
            return self._removed(chat)
        except Inexpressible:
            return "the credentials of the account that created it are not configured"
        except ConfigurationError as error:
            self._failures = MOST_FAILURES
            return f"no credentials for it: {error.what}"

    def _removed(self, chat: CreatedChat) -> str:
        """Delete one chat; return why it is not gone, empty if it is."""
        if self._failures >= MOST_FAILURES:
            return f"the server failed {MOST_FAILURES} times in a row, so nothing more was sent"
        created, read, delete = self._exchanges[chat.exchange], self._contract.read, self._contract.delete
        assert delete is not None
        assert chat.id is not None
        if read is not None:
            answer = self._ask(read, chat.id, created)
            if not isinstance(answer, Received):
                return f"no answer to {read.name}: {answer.message}"
            if answer.status in _GONE:
                return ""
            if not 200 <= answer.status < 300:
                return f"it cannot be read: status {answer.status} to {read.name}"
            if why := why_not_own(self._contract, created, answer):
                return why
        answer = self._ask(delete, chat.id, created)
        if not isinstance(answer, Received):
            return f"no answer to {delete.name}: {answer.message}"
        if not 200 <= answer.status < 300:
            return f"status {answer.status} to {delete.name}"
        if read is not None and answer.status != _NO_CONTENT:
            after = self._ask(read, chat.id, created)
            if (
                isinstance(after, Received)
                and 200 <= after.status < 300
                and not why_not_own(self._contract, created, after)
            ):
                return f"status {answer.status} to {delete.name}, but it can still be read"
        return ""

    def _ask(self, operation: ChatOperation, identity: str, created: Exchange) -> Answer:
        self._check()
        self._budget.take()
        if self._live is not None and self._live.is_due:
            self._live.renew_due()
        is_other = created.edit in (OTHER_WITH_OWN, OTHER_CREDENTIALS)
        schemes = self._contract.chosen_alternative(self._target.configured).schemes if is_other else ()
        request = Request(
            method=operation.method,
            path_parameters={operation.parameter: identity},
            headers=(("Content-Type", "application/json"),) if operation.has_body else (),
            body=JsonBody(operation.body) if operation.has_body else None,
            credentials=dict.fromkeys(schemes, CredentialForm.OTHER_ACCOUNT),
        )
        prepared = prepare(request, None, self._contract, replace(self._target, path=operation.path))
        prepared = self._added.added_to(prepared, request)
        answer = self._client.send(prepared.method, prepared.url, prepared.headers, prepared.body)
        failed = not isinstance(answer, Received) or answer.status >= 500
        self._failures = self._failures + 1 if failed else 0
        return answer
