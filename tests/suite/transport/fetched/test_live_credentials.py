"""Fetched credentials are shared, renewed in time, and masked for ever."""

from __future__ import annotations

import stat
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from chatcert.transport.credentials.credential_cache import private_folder
from chatcert.transport.credentials.credential_fetching import Fetcher
from chatcert.transport.credentials.credential_sources import FileSource, SourceKind
from chatcert.transport.credentials.live_credentials import FetchReason, LiveCredentials
from chatcert.transport.credentials.secret_values import Secret
from chatcert.transport.redaction.masking import Masker
from chatcert.transport.target import Target


@pytest.fixture
def opened() -> Callable[[LiveCredentials], Any]:
    """Opens credentials; returns them with what was learnt and noted."""

    def start(live: LiveCredentials) -> Any:
        learnt: list[str] = []
        notes: list[FetchReason] = []
        live.open(
            Fetcher.of(Target(url="http://127.0.0.1:9", credentials={})),
            lambda name, secret: learnt.append(secret.reveal()),
            lambda note: notes.append(note.reason),
        )
        return SimpleNamespace(live=live, learnt=learnt, notes=notes)

    return start


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets seconds pass on the clock that nobody can set."""
    import time

    passed = SimpleNamespace(seconds=0.0)
    clock = SimpleNamespace(
        monotonic=lambda: time.monotonic() + passed.seconds, time=time.time, sleep=time.sleep, struct_time=None
    )
    for name in ("credential_expiry", "live_credentials", "credential_cache", "token_endpoint", "credential_fetching"):
        monkeypatch.setattr(f"chatcert.transport.credentials.{name}.time", clock)

    def pass_by(seconds: float) -> None:
        passed.seconds += seconds

    return pass_by


def test_processes_share_a_token(
    issuer: Any, source: Callable[..., Any], live: Callable[..., Any], opened: Any, private: Path
) -> None:
    """Whoever comes first fetches a token, and the others use it; the file is open to this user alone."""
    asked = source(f"{issuer.url}/token")
    with ThreadPoolExecutor(4) as pool:
        all_of_them = list(pool.map(lambda _: opened(live(asked)), range(4)))

    assert 1 == len(issuer.tokens)
    assert {issuer.tokens[0].value} == {one.live["apiKeyAuth"].reveal() for one in all_of_them}
    assert [[], [], [], [FetchReason.START]] == sorted(one.notes for one in all_of_them)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in private.iterdir()}
    assert ({0o600}, 0o700) == (modes, stat.S_IMODE(private.stat().st_mode))


def test_a_folder_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    """Where no folder is private, nothing is shared, rather than shown to others."""
    folder = tmp_path / "chatcert" / "credentials"
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    linked = tmp_path / "other" / "chatcert"
    linked.mkdir(parents=True)
    (linked / "credentials").symlink_to(folder)

    assert private_folder({"XDG_RUNTIME_DIR": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "other")}) is None
    assert private_folder({}) is None


def test_a_token_is_renewed_before_it_expires(
    issuers: ModuleType, source: Callable[..., Any], live: Callable[..., Any], opened: Any, later: Any
) -> None:
    """A fifth of its life before its end, a token is due; renewed, it is not, and both values are masked."""
    with issuers.Issuer(100) as issuer:
        run = opened(live(source(f"{issuer.url}/token")))
        later(79)
        assert not run.live.is_due
        later(2)
        assert run.live.is_due
        assert run.live.renew_due()

        assert not run.live.is_due
        assert [one.value for one in issuer.tokens] == [value for value in run.learnt if value != issuers.SECRET][::2]
        assert [FetchReason.START, FetchReason.EXPIRY] == run.notes


def test_a_clock_that_is_set_does_not_matter(
    issuers: ModuleType, source: Callable[..., Any], live: Callable[..., Any], opened: Any, monkeypatch: Any
) -> None:
    """A jump of the machine's clock makes no token due, and none last longer."""
    with issuers.Issuer(100) as issuer:
        run = opened(live(source(f"{issuer.url}/token")))
        for jump in (3600, -3600):
            monkeypatch.setattr("time.time", lambda jump=jump: 1_800_000_000.0 + jump)
            assert not run.live.is_due


def test_a_refused_token_is_renewed_once_for_all_processes(
    issuer: Any, source: Callable[..., Any], live: Callable[..., Any], opened: Any
) -> None:
    """If one process has renewed a token that was refused, the others take that one."""
    asked = source(f"{issuer.url}/token")
    first, second = opened(live(asked)), opened(live(asked))

    assert [True, True] == [first.live.renew_refused(), second.live.renew_refused()]
    assert 2 == len(issuer.tokens)
    assert issuer.tokens[1].value == second.live["apiKeyAuth"].reveal()
    assert [FetchReason.START, FetchReason.REFUSAL] == first.notes


def test_a_refresh_token_that_rotates_is_kept(
    issuer: Any, issuers: ModuleType, source: Callable[..., Any], live: Callable[..., Any], opened: Any
) -> None:
    """The refresh token that the server gives in place of the configured one is used, in later runs as well."""
    url, user = f"{issuer.url}/token", {"username": issuers.USER, "password": Secret(issuers.PASSWORD)}
    first = opened(live(source(url, grant=SourceKind.PASSWORD, **user)))
    configured = Secret(issuer.tokens[0].refresh)
    asked = source(url, grant=SourceKind.REFRESH_TOKEN, refresh_token=configured)
    run = opened(live(asked))

    assert run.live.renew_refused()
    run.live.forget()
    later = opened(live(asked))

    assert 4 == len(issuer.tokens)
    used = [one["refresh_token"] for one in issuer.requests if "refresh_token" in one]
    assert 3 == len({*used})
    assert configured.reveal() == used[0]
    assert {*used} <= {*first.learnt, *run.learnt, *later.learnt, configured.reveal()}


def test_a_file_is_read_again_when_it_was_replaced(
    tmp_path: Path, live: Callable[..., Any], opened: Any, later: Any
) -> None:
    """A file that another program renews is read again as soon as it is another file."""
    path = tmp_path / "token"
    path.write_text("tok-of-monday-9fQ2\n", encoding="utf-8")
    run = opened(live(FileSource("x", path)))
    later(5)
    assert not run.live.is_due
    assert not run.live.renew_refused()

    (tmp_path / "new").write_text("tok-of-tuesday-7LmT\n", encoding="utf-8")
    (tmp_path / "new").replace(path)
    later(5)

    assert run.live.is_due
    assert run.live.renew_due()
    assert "tok-of-tuesday-7LmT" == run.live["apiKeyAuth"].reveal()
    assert ["tok-of-monday-9fQ2", "tok-of-tuesday-7LmT"] == list(dict.fromkeys(run.learnt))


def test_tokens_that_have_to_be_expired_are_not_renewed(
    issuers: ModuleType, source: Callable[..., Any], live: Callable[..., Any], opened: Any, later: Any
) -> None:
    """A token that a case needs because it has expired is fetched once."""
    with issuers.Issuer(100) as issuer:
        run = opened(live(source(f"{issuer.url}/token"), "apiKeyAuth_EXPIRED"))
        later(200)

        assert (False, False, False) == (run.live.is_due, run.live.is_over, run.live.renew_refused())


def test_all_values_are_masked_that_were_ever_used() -> None:
    """A masker learns values in any number, and finds the first of them as well as the last, in any encoding."""
    masker = Masker({"fixed": Secret("fixed-value-9fQ2vX7L")})
    values = [f"tok-{number:04}-" + f"{number * 7919:08x}" * 4 for number in range(60)]
    threads = [threading.Thread(target=masker.learn, args=("key", Secret(value))) for value in values]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for value in (values[0], values[-1], "fixed-value-9fQ2vX7L"):
        for text in (value, value.encode().hex(), value.upper()):
            masked, found = masker.masked(f"before {text} after")
            assert text not in masked
            assert 1 == len(found)
