"""Removal of the chats that a run has created, one by one, each only where it is known to be this run's own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from chatcert.cases.case import JsonBody, Request
from chatcert.cases.requests.two_accounts import OTHER_CREDENTIALS, OTHER_WITH_OWN
from chatcert.exceptions import ConfigurationError
from chatcert.openapi.contract import ChatOperation, Contract
from chatcert.requirements.check import CredentialForm
from chatcert.requirements.operation import Operation
from chatcert.transport.added_headers import AddedHeaders
from chatcert.transport.budget import Budget
from chatcert.transport.chats.created_chats import CreatedChat, Removal, created_chats, reasons_to_keep
from chatcert.transport.chats.listed_chats import FoundChat, ListedChat, found_chats, is_trusted, read_items
from chatcert.transport.chats.ownership import marks_in, why_not_own
from chatcert.transport.client import Client
from chatcert.transport.credentials.credential_fetching import Fetcher
from chatcert.transport.credentials.credential_forms import Inexpressible
from chatcert.transport.credentials.live_credentials import live_of
from chatcert.transport.exchange import Answer, Exchange, Received, TransportError
from chatcert.transport.preparation import prepare
from chatcert.transport.redaction.redactor import redactor_of
from chatcert.transport.target import Target
from chatcert.transport.tls import context_for

MOST_FAILURES: Final = 5
"""Successive failures of the server after which nothing more is sent to it."""
MOST_PAGES: Final = 100
"""Pages of the list of chats that are read."""
_GIVEN_UP: Final = f"the server failed {MOST_FAILURES} times in a row, so nothing more was sent"
_GONE: Final = (404, 410)
_MISSING: Final = "it is not found"
_OK: Final = 200
_NO_CONTENT: Final = 204
LATER: Final = (0.0, 0.5, 1.5, 3.0)
"""Seconds before each look at the first chat that was deleted and is still there: five in all, as *lifecycle* waits."""
_IDEMPOTENT: Final = ("GET", "DELETE")
"""Methods of requests that are sent again where the server closed a connection that was in use already."""


class ChatRemoval:
    """Deletes the chats of one run.

    Args:
        exchanges: everything that the run has sent.
        in_flight: how many further requests with a marker were sent, by marker.
        check: called before every request; what it raises ends the removal.

    Attributes:
        unlisted: why the list of chats was not used; empty where it was, or where the overlay names none.
    """

    def __init__(
        self,
        contract: Contract,
        target: Target,
        exchanges: Iterable[Exchange],
        *,
        in_flight: Mapping[str, int] | None = None,
        check: Callable[[], None] | None = None,
    ) -> None:
        self._contract = contract
        self._target = target
        self._exchanges = {exchange.number: exchange for exchange in exchanges}
        self._in_flight = in_flight or {}
        self._listed: dict[str | None, ListedChat] = {}
        self.unlisted = ""
        self._check = check or (lambda: None)
        self._budget = Budget(rate=target.limits.rate)
        self._client = Client(
            timeout=target.limits.timeout, connections=1, context=context_for(target), proxy=target.proxy
        )
        self._failures = 0
        self._has_deleted = False
        self._has_waited = False
        self._has_read = any(one.operation is Operation.READ and one.succeeded for one in self._exchanges.values())
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
            found = self._found()
            missing: list[CreatedChat] = []
            for chat, reason in reasons_to_keep(
                self._contract, self.chats, self._exchanges, self._target.resources.values()
            ):
                if chat.exchange in gone:
                    continue
                why = "" if chat.exchange in deleted else reason or self._attempt(partial(self._removed, chat))
                if why == _MISSING:
                    missing.append(chat)
                    continue
                yield Removal(chat.id, chat.exchange, removed=not why, reason=why)
            yield from self._of_missing(missing)
            yield from self._remove_found(found)
        finally:
            self._client.close()
            self._budget.close()

    def _of_missing(self, chats: Iterable[CreatedChat]) -> Iterator[Removal]:
        """Yield what became of chats that are not found: gone, if the operation that reads has shown any chat."""
        name = self._contract.read.name if self._contract.read is not None else ""
        why = "" if self._has_read else f"{name} finds neither it nor any other chat of this run"
        for chat in chats:
            yield Removal(chat.id, chat.exchange, removed=not why, reason=why)

    def _found(self) -> list[FoundChat]:
        """Return the chats in the server's list that requests without a success have left; nothing is deleted."""
        listing = self._contract.listing
        items = self._items() if listing is not None else []
        if listing is None or self.unlisted:
            return []
        if not is_trusted(self._contract, items, self._exchanges):
            self.unlisted = f"{listing.name} shows none of the chats whose ids are known, or by other ids"
            return []
        self._listed = {item.id: item for item in items}
        names = self._target.resources.values()
        return list(found_chats(self._contract, items, self._exchanges, self._in_flight, names))

    def _items(self) -> list[ListedChat]:
        """Return the list of chats, page by page; where it cannot be read, ``unlisted`` says why."""
        listing = self._contract.listing
        assert listing is not None
        found: list[ListedChat] = []
        for page in range(1, MOST_PAGES + 1):
            pages = ((listing.page, str(page)),) if listing.page else ()
            try:
                answer = self._send(Request("GET", {}, pages), listing.path)
            except (ConfigurationError, Inexpressible):
                self.unlisted = f"no credentials for {listing.name}"
                return []
            items = read_items(listing, answer) if isinstance(answer, Received) and answer.status == _OK else None
            if items is None:
                came = f"status {answer.status}" if isinstance(answer, Received) else answer.message
                self.unlisted = f"{listing.name} gave no list of chats: {came}"
                return []
            earlier = {item.id for item in found}
            found += [item for item in items if item.id not in earlier]
            if not listing.page or all(item.id in earlier for item in items):
                break
        return found

    def _remove_found(self, found: Sequence[FoundChat]) -> Iterator[Removal]:
        """Delete chats of the server's list, and yield what became of each; the list is read again to see that."""
        reasons = [chat.reason or self._attempt(partial(self._removed_if_own, chat)) for chat in found]
        left = {item.id for item in self._items()} if not all(reasons) else set()
        for chat, reason in zip(found, reasons, strict=True):
            why = reason or ("it is still in the list of chats" if chat.id in left else "")
            yield Removal(chat.id, chat.exchange, removed=not why, reason=why)

    def _removed_if_own(self, chat: FoundChat) -> str:
        """Delete one chat of the server's list, unless it can be read and is not ours; return why it is not gone."""
        if self._failures >= MOST_FAILURES:
            return _GIVEN_UP
        read, delete = self._contract.read, self._contract.delete
        assert delete is not None
        assert chat.id is not None
        if read is not None:
            answer = self._ask(read, chat.id)
            is_read = isinstance(answer, Received) and 200 <= answer.status < 300
            if isinstance(answer, Received) and is_read and chat.marker not in marks_in(answer.body):
                return "what is read by its id holds no marker of this run"
        return _why_not_deleted(delete, self._ask(delete, chat.id))

    def _attempt(self, remove: Callable[[], str]) -> str:
        """Delete one chat; return why it is not gone, also where there are no credentials for that."""
        try:
            return remove()
        except Inexpressible:
            return "the credentials of the account that created it are not configured"
        except ConfigurationError as error:
            self._failures = MOST_FAILURES
            return f"no credentials for it: {error.what}"

    def _removed(self, chat: CreatedChat) -> str:
        """Delete one chat; return why it is not gone, empty if it is, ``_MISSING`` if it is not found."""
        if self._failures >= MOST_FAILURES:
            return _GIVEN_UP
        created, read, delete = self._exchanges[chat.exchange], self._contract.read, self._contract.delete
        assert delete is not None
        assert chat.id is not None
        before = b""
        if read is not None:
            answer = self._ask(read, chat.id, created)
            if not isinstance(answer, Received):
                return f"no answer to {read.name}: {answer.message}"
            if answer.status in _GONE:
                return _MISSING
            if not 200 <= answer.status < 300:
                return f"it cannot be read: status {answer.status} to {read.name}"
            if why := why_not_own(self._contract, created, answer):
                return why
            self._has_read, before = True, answer.body
        elif not delete.may_be_unread:
            listed = self._listed.get(chat.id)
            if listed is None or not listed.markers & marks_in(created.sent.body or b""):
                return "nothing shows that the chat with its id is the one that was created"
        answer = self._ask(delete, chat.id, created)
        if why := _why_not_deleted(delete, answer):
            return why
        if read is None or not isinstance(answer, Received) or (answer.status == _NO_CONTENT and self._has_deleted):
            return ""
        is_there = self._is_as_it_was(before, created, read, chat.id)
        self._has_deleted = self._has_deleted or not is_there
        return f"status {answer.status} to {delete.name}, but it can still be read" if is_there else ""

    def _is_as_it_was(self, before: bytes, created: Exchange, read: ChatOperation, identity: str) -> bool:
        """Whether a chat is read after its deletion as before; the first one is given time. Another answer says it."""
        for pause in LATER if not self._has_waited else (0.0,):
            time.sleep(pause)
            after = self._ask(read, identity, created)
            if not isinstance(after, Received) or not 200 <= after.status < 300 or after.body != before:
                return False
        self._has_waited = True
        return True

    def _ask(self, operation: ChatOperation, identity: str, created: Exchange | None = None) -> Answer:
        """Send an operation on one chat, with the credentials of the account that created it."""
        is_other = created is not None and created.edit in (OTHER_WITH_OWN, OTHER_CREDENTIALS)
        schemes = self._contract.chosen_alternative(self._target.configured).schemes if is_other else ()
        request = Request(
            method=operation.method,
            path_parameters={operation.parameter: identity},
            headers=(("Content-Type", "application/json"),) if operation.has_body else (),
            body=JsonBody(operation.body) if operation.has_body else None,
            credentials=dict.fromkeys(schemes, CredentialForm.OTHER_ACCOUNT),
        )
        return self._send(request, operation.path)

    def _send(self, request: Request, path: str) -> Answer:
        self._check()
        self._budget.take()
        if self._live is not None and self._live.is_due:
            self._live.renew_due()
        prepared = prepare(request, None, self._contract, replace(self._target, path=path))
        prepared = self._added.added_to(prepared, request)
        answer = self._client.send(prepared.method, prepared.url, prepared.headers, prepared.body)
        if isinstance(answer, TransportError) and answer.on_reused and prepared.method in _IDEMPOTENT:
            self._budget.take()
            answer = self._client.send(prepared.method, prepared.url, prepared.headers, prepared.body)
        failed = not isinstance(answer, Received) or answer.status >= 500
        self._failures = self._failures + 1 if failed else 0
        return answer


def _why_not_deleted(delete: ChatOperation, answer: Answer) -> str:
    """Return why a chat is not gone after an answer; empty if it was deleted."""
    if not isinstance(answer, Received):
        return f"no answer to {delete.name}: {answer.message}"
    return "" if 200 <= answer.status < 300 else f"status {answer.status} to {delete.name}"
