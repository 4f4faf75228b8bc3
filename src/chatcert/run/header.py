"""The header of a run: its options and settings, as its ledger and its report state them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from chatcert import __version__
from chatcert.openapi.existing_names import resource_names
from chatcert.openapi.reading import digest_of
from chatcert.report.own_verdicts import own_rule_rows
from chatcert.requirements.catalogue import Catalogue
from chatcert.run.records.ledger_rows import Header
from chatcert.run.run_plan import RunPlan
from chatcert.transport.credentials.credential_sources import origin_of
from chatcert.transport.credentials.live_credentials import live_of
from chatcert.transport.target import Target


def header_of(
    plan: RunPlan, catalogue: Catalogue, target: Target, *, frontend: str, run: str, fail_on_warn: bool = False
) -> Header:
    """Return the header of a run, which is recorded before anything is sent.

    Args:
        run: the name of the run.
    """
    contract, options = catalogue.contract, plan.options
    destination = plan.destinations.get(contract.vendor)
    return Header(
        frontend=frontend,
        vendor=contract.vendor,
        url=target.url,
        mode=target.mode,
        path=target.path,
        gentle=target.safe_only,
        environment=destination.environment if destination is not None else "",
        region=destination.region if destination is not None else "",
        deviations=destination.deviations(contract) if destination is not None else (),
        profile=plan.profile.name,
        seed=plan.seed,
        spec=str(options.spec) if options.spec else None,
        folder=str(Path.cwd()),
        operation=options.operation,
        name=options.name,
        overlay=str(options.overlay) if options.overlay else None,
        spec_digest=contract.spec_digest,
        overlay_digest=contract.overlay_digest,
        catalogue_digest=catalogue.digest,
        resources=digest_of(dict(target.resources)),
        command=plan.command(contract.vendor),
        fail_on_warn=fail_on_warn,
        suite_version=__version__,
        started=time.time(),
        settings=settings_of(plan, catalogue, target),
        waivers=plan.waivers.of(contract.vendor),
        shards=plan.shards,
        run=run,
    )


def settings_of(plan: RunPlan, catalogue: Catalogue, target: Target) -> dict[str, Any]:
    """Return the settings of one vendor's run, JSON-ready; of credentials and resources only the names.

    The address of the bundled mock is left out, because it differs each time and makes no difference.
    """
    contract = catalogue.contract
    destination = plan.destinations.get(contract.vendor)
    entry = destination.entry if destination is not None else None
    limits = plan.limits(contract.vendor)
    live = live_of(target.credentials)
    sources = {name: origin_of(source) for name, source in live.sources.items()} if live is not None else {}
    return {
        "target": destination.name or "url" if destination is not None else "mock",
        "url": destination.url if destination is not None else "",
        "path": (destination.path if destination is not None else plan.options.path) or contract.path,
        "environment": destination.environment if destination is not None else "",
        "region": destination.region if destination is not None else "",
        "profile": plan.profile.name,
        "seed": plan.seed,
        "jobs": limits.jobs,
        "timeout": limits.timeout,
        "rate": limits.rate,
        "max_requests": limits.max_requests,
        "max_chats": limits.max_chats,
        "max_refused_logins": limits.max_refused_logins,
        "max_time": limits.max_time,
        "gentle": destination.is_safe_only(contract) if destination is not None else False,
        "allow_production": plan.options.allow_production,
        "only": list(plan.options.only),
        "clean_up": plan.options.clean_up,
        "credentials": sorted(target.configured),
        **({"credential_sources": sources} if sources else {}),
        "resources": sorted(resource_names(contract) if entry is None else entry.resources),
        "headers": sorted(target.headers),
        "correlation": list(target.correlation),
        **({"request_hook": target.hook.name} if target.hook is not None else {}),
        "proxy": entry is not None and entry.proxy is not None,
        "ca_bundle": entry is not None and entry.ca_bundle is not None,
        "client_certificate": entry is not None and entry.client_certificate is not None,
        **({"own_rules": own} if (own := own_rule_rows(catalogue)) else {}),
        "waivers": digest_of([w.to_dict() for w in plan.waivers.of(contract.vendor).entries]),
    }
