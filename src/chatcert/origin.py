"""What a run was asked to do, as its report says it."""

from __future__ import annotations

from typing import Any

from chatcert.contract.model import Contract
from chatcert.contract.reading import digest_of
from chatcert.runs import Setting
from chatcert.target.aim import DEFAULT_TIMEOUT
from chatcert.target.settings import resource_names


def settings_of(setting: Setting, contract: Contract) -> dict[str, Any]:
    """All that one vendor's run was asked to do, JSON-ready; of credentials and resources there are only the names.

    The address of the bundled mock is left out: it is another one each time and makes no difference.
    """
    aim = setting.aims.get(contract.vendor)
    entry = aim.entry if aim is not None else None
    said = setting.limits(contract.vendor)
    return {
        "target": aim.name or "url" if aim is not None else "mock",
        "url": aim.url if aim is not None else "",
        "path": said.path or contract.path,
        "environment": aim.environment if aim is not None else "",
        "region": aim.region if aim is not None else "",
        "profile": setting.profile.name,
        "seed": setting.seed,
        "jobs": setting.jobs(contract.vendor),
        "timeout": said.timeout or DEFAULT_TIMEOUT,
        "rate": said.rate,
        "max_requests": said.max_requests,
        "max_time": said.max_time,
        "gentle": aim.is_gentle(contract) if aim is not None else False,
        "allow_production": setting.options.allow_production,
        "credentials": sorted(credential.scheme for credential in contract.credentials),
        "resources": sorted(resource_names(contract) if entry is None else entry.resources),
        "headers": sorted(entry.headers) if entry is not None else [],
        "proxy": entry is not None and entry.proxy is not None,
        "ca_bundle": entry is not None and entry.ca_bundle is not None,
        "client_certificate": entry is not None and entry.client_certificate is not None,
        "waivers": digest_of([w.to_dict() for w in setting.waivers.of(contract.vendor).entries]),
    }
