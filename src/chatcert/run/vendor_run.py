"""One vendor's run, from the first row of its ledger to its report and exit status."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from chatcert.exceptions import ChatcertError, ConfigurationError
from chatcert.judge.verdict import Verdict
from chatcert.report.history import RunRecord
from chatcert.report.model import Lock
from chatcert.requirements.catalogue import Catalogue
from chatcert.requirements.requirement import Requirement
from chatcert.run.execution import Execution, Progress
from chatcert.run.options import Frontend
from chatcert.run.packages import lock
from chatcert.run.records.kept_runs import replace_older
from chatcert.run.records.ledger import Ledger, LedgerReader, LedgerWriter, read_ledger
from chatcert.run.records.ledger_rows import (
    Blocked,
    Ended,
    FetchedCredential,
    Finished,
    Header,
    Ready,
    Reason,
    Removed,
    Resumed,
    Selected,
    SentAgain,
    Unfinished,
)
from chatcert.run.reporting import write_vendor_report
from chatcert.run.results import Conclusion
from chatcert.run.run_plan import RunPlan
from chatcert.run.security_alternatives import carrying, served_alternative
from chatcert.transport.already_sent import to_send_again
from chatcert.transport.credentials.live_credentials import FetchNote
from chatcert.transport.credentials.renewal import Note
from chatcert.transport.target import Target

if TYPE_CHECKING:
    from chatcert.report.seal.keys import SigningKey


MAIN = "main"
ALONE = (MAIN, Frontend.CERTIFY)
"""Names of the process of a run that has one alone; its numbers of exchanges are those of the report."""


class VendorRun:
    """One vendor's run, as both front ends, ``report`` and ``merge`` drive it.

    The front ends call ``begin`` or ``resume``, then ``preflight``, then ``test`` or ``test_all``, each of which
    records its results in the ledger. However the run ended, ``conclude`` builds the report from the ledger alone;
    ``report`` and ``merge``, which send nothing, call only that.

    Args:
        catalogue: the requirements of the vendor.
        folder: where its report is written.
        place: the folder of its ledger; ``None`` where nothing is sent.
        process: the name of this process, one file of the ledger each.
        history: earlier runs of the vendor, oldest first.
        signer: the key by which the report is signed.

    Attributes:
        blocked: the error that keeps anything from being sent.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        folder: Path,
        place: Path | None = None,
        process: str = MAIN,
        *,
        history: Sequence[RunRecord] = (),
        signer: SigningKey | None = None,
    ) -> None:
        self.catalogue = catalogue
        self.folder = folder
        self.place = place
        self.blocked: ChatcertError | None = None
        self._process = process
        self._history = history
        self._signer = signer
        self._writer: LedgerWriter | None = None
        self._reader = LedgerReader(place) if place is not None else None
        self._execution: Execution | None = None
        self._earlier = Ledger()
        self._recorded: set[str] = set()

    @property
    def vendor(self) -> str:
        """Return the vendor's name."""
        return self.catalogue.contract.vendor

    @property
    def writer(self) -> LedgerWriter:
        """Return what appends to the ledger; its file is opened by the first call."""
        if self._writer is None:
            assert self.place is not None
            self._writer = LedgerWriter(self.place, self._process)
        return self._writer

    @property
    def execution(self) -> Execution:
        """Return what sends and judges; there is one once ``preflight`` was called."""
        assert self._execution is not None
        return self._execution

    @property
    def is_open(self) -> bool:
        """Return whether ``preflight`` was called, with whatever result."""
        return self._execution is not None or self.blocked is not None

    def begin(self, header: Header, selected: Sequence[str] | None = None) -> None:
        """Write the first rows of the ledger.

        Args:
            selected: ids of the requirements to test, where these may not be all.
        """
        self.writer.write(header)
        if selected is not None:
            self.writer.write(Selected(tuple(selected)))

    def replace_others(self) -> str:
        """Take the place of older runs, whose report is no longer current; return a line on chats that they left."""
        assert self.place is not None
        return replace_older(self.folder, self.place.name, self.catalogue.contract)

    def resume(self, earlier: Ledger, selected: Sequence[str] | None = None) -> None:
        """Continue the run that wrote ``earlier``: answers that still count are not requested again."""
        assert self.place is not None
        self.writer.write(Resumed(to_send_again(earlier.exchanges, self.catalogue.contract)))
        self._earlier = read_ledger(self.place)
        if selected is not None:
            self.writer.write(Selected(tuple(selected)))

    def preflight(
        self,
        plan: RunPlan,
        target: Callable[[], Target],
        *,
        jobs: int = 1,
        ends: float | None = None,
        shared: Path | None = None,
        processes: int = 1,
        check: Callable[[], None] | None = None,
    ) -> bool:
        """Find out whether the target can be tested; return whether it can. The ledger says why not.

        Args:
            target: gives the target, with its credentials.
            jobs: requests in flight.
            ends: when the time of the run is over, on the clock of ``time.monotonic``.
            shared: a folder in which all processes of the run count their requests together.
            processes: how many they are.
            check: called before every request, which is counted in the ledger then; what it raises ends the run.
        """
        writer = self.writer

        def announce(check: Callable[[], None], body: bytes) -> None:
            check()
            writer.sending(body)

        try:
            self._execution = Execution(
                self.catalogue,
                target(),
                plan.profile,
                plan.seed,
                jobs,
                record=writer.exchange,
                announce=partial(announce, check) if check is not None else None,
                earlier=self._earlier.exchanges,
                spent=self._earlier.sent,
                ends=ends,
                shared=shared,
                processes=processes,
                run_name=self.place.name if self.place is not None else "",
                note=self._note,
                process="" if self._process in ALONE and plan.shards is None else self._process,
            )
            waivers = plan.waivers.of(self.vendor)
            if waivers.expired:
                from chatcert.run.waivers_file import check_live

                check_live(waivers)
            self._execution.preflight()
        except ChatcertError as error:
            self._block(error)
            return False
        writer.write(Ready())
        return True

    def test_all(self, requirements: Iterable[Requirement], progress: Progress) -> None:
        """Test many requirements, the most valuable first, and record what becomes of each.

        Args:
            progress: called with each requirement that is finished.
        """
        execution = self.execution
        done: set[str] = set()

        def finish(requirement: Requirement) -> None:
            self._record(requirement.id)
            done.add(requirement.id)
            progress(requirement)

        try:
            execution.run_all(requirements, finish)
            for name in execution.unfinished.keys() - done:
                self._record(name)
            self._note_end()
        except ChatcertError as error:
            self._block(error)

    def test(self, requirement: Requirement) -> Verdict:
        """Test one requirement, judged on what all processes have sent so far, and record what becomes of it."""
        verdict = self.execution.run(requirement)
        for name in list(self.execution.reasons):
            self._record_reason(name)
        self._record(requirement.id)
        return verdict

    def prove(self) -> None:
        """Send a last control, so that the answers before it count; record what ended the run early, if anything did.

        Later calls do nothing.
        """
        if self._execution is not None and self.blocked is None:
            self._execution.prove()
            self._note_end()

    def _note_end(self) -> None:
        error = self.execution.session.ended_by
        if error is not None and self.blocked is None:
            self._block(error)

    def read_others(self) -> None:
        """Take over the exchanges that other processes of the run have recorded since the last call."""
        assert self._reader is not None
        for process, exchange in self._reader.new_exchanges(without=self._process):
            self.execution.adopt(exchange, process)

    def clean_up(self, target: Target, check: Callable[[], None]) -> None:
        """Delete the chats that the run has created, and record what became of each.

        Args:
            check: called before every request; what it raises ends the removal.
        """
        from chatcert.transport.chats.chat_removal import ChatRemoval

        assert self.place is not None
        ledger = read_ledger(self.place)
        contract = carrying(self.catalogue.contract, served_alternative(ledger.exchanges))
        removal = ChatRemoval(contract, target, ledger.exchanges, in_flight=ledger.in_flight, check=check)
        gone = [row.exchange for row in ledger.removals.values() if row.removed and row.exchange is not None]
        try:
            for one in removal.run(gone):
                self.writer.write(Removed(one.exchange, one.id, one.removed, one.reason))
        except ConfigurationError as error:
            if self.blocked is None:
                self._block(error)

    def end(self) -> None:
        """Record that the run came to its end."""
        self.writer.write(Ended(time.time()))

    def close(self) -> None:
        """Close connections and the file of the ledger."""
        if self._execution is not None:
            self._execution.close()
        if self._writer is not None:
            self._writer.close()

    def conclude(self, ledger: Ledger | None = None, *, packages: Callable[[], Lock | None] = lock) -> Conclusion:
        """Write the report and return it with the exit status that the run leads to.

        Args:
            ledger: what the run wrote down; read from its files where it is not given.
            packages: gives the packages that the run used, those of this process by default.

        Raises:
            InputFileError: the ledger does not say what its run was.
            SuiteError: the report cannot be written.
        """
        if ledger is None:
            assert self.place is not None
            ledger = read_ledger(self.place)
        place, report = write_vendor_report(
            self.folder, self.catalogue, ledger, history=self._history, signer=self._signer, packages=packages
        )
        return Conclusion.of(place, report, ledger)

    def _block(self, error: ChatcertError) -> None:
        """Record the error that ends the run; if the ledger itself is broken, its error is raised again."""
        self.blocked = error
        self.writer.write(Blocked.by(error))

    def _note(self, note: Note) -> None:
        """Record what happened to credentials that are fetched."""
        match note:
            case FetchNote(credential, reason):
                self.writer.write(FetchedCredential(credential, reason))
            case _:
                self.writer.write(SentAgain(note.numbers))

    def _record(self, name: str) -> None:
        self._record_reason(name)
        unfinished = self.execution.unfinished.get(name)
        self.writer.write(Finished(name) if unfinished is None else Unfinished.of(unfinished))

    def _record_reason(self, name: str) -> None:
        if name in self.execution.reasons and name not in self._recorded:
            self._recorded.add(name)
            self.writer.write(Reason(name, self.execution.reasons[name]))
