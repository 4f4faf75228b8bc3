"""The definitions for Kubernetes: valid by its published schemas, and they run what they are meant to run."""

from __future__ import annotations

import copy
import os
import re
import subprocess
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from kubernetes_validate import latest_version
from kubernetes_validate.utils import schema_contents

from chatcert import exceptions
from chatcert.cases.profile import profile_named
from chatcert.cli import main
from chatcert.openapi.schemas.pointer import tokens_of
from chatcert.transport.destination import Destination, check_destination
from chatcert.transport.targets_file import entry_named, read_targets
from chatcert.vendors import open_vendor

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "deploy" / "kubernetes"
OLDEST, LATEST = "1.33", latest_version().removesuffix(".0")
"""The version since which all is there that the definitions use, and the latest one that is known here."""
A_MACHINES_DOING = {70, 137, 143}
"""Exit statuses that a disk, too little memory or a node that goes down may lead to."""
NAMED_BY_US = ("labels", "data", "requests", "limits")
"""Tables whose keys are not terms of Kubernetes."""


def _definitions(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((FOLDER / name).read_text(encoding="utf-8")))


ALL = {f"{path.name}:{one['kind']}": one for path in sorted(FOLDER.glob("*.yaml")) for one in _definitions(path.name)}
CERTIFY, MERGE = ALL["certify.yaml:Job"], ALL["merge.yaml:Job"]
JOBS = pytest.mark.parametrize("job", [CERTIFY, MERGE], ids=["certify", "merge"])


@lru_cache
def _validator(kind: str, api: str, version: str) -> Any:
    """The published schema of one kind, which knows every word that there is."""
    schema, words = (
        schema_contents(f"kubernetes-json-schema/v{version}.0-local-strict/{name}.json", version)
        for name in (f"{kind.lower()}-{api.replace('/', '-')}", "_definitions")
    )
    return jsonschema_rs.validator_for(schema, registry=jsonschema_rs.Registry([(words["$id"], words)]))


def _is_valid(definition: dict[str, Any], version: str) -> bool:
    return bool(_validator(definition["kind"], definition["apiVersion"], version).is_valid(definition))


@pytest.mark.parametrize("version", [OLDEST, LATEST])
@pytest.mark.parametrize("name", ALL)
def test_definition(name: str, version: str) -> None:
    """Each definition keeps to the published schema of its kind, in the oldest version and in the latest."""
    definition = ALL[name]
    errors = _validator(definition["kind"], definition["apiVersion"], version).iter_errors(definition)
    assert [] == [f"{error.instance_path}: {error.message}" for error in errors]


def _keys(value: Any, pointer: str = "") -> Iterator[str]:
    """The place of every word of Kubernetes' own."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield f"{pointer}/{key}"
            if key not in NAMED_BY_US:
                yield from _keys(below, f"{pointer}/{key}")
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _keys(below, f"{pointer}/{index}")


def _parent(definition: Any, pointer: str) -> tuple[Any, str]:
    *steps, last = tokens_of(pointer)
    for step in steps:
        definition = definition[int(step) if isinstance(definition, list) else step]
    return definition, last


@JOBS
def test_every_word_counts(job: dict[str, Any]) -> None:
    """A misspelt word, or a value of another type, at any place of a definition is found."""
    passed = []
    for pointer in _keys({name: job[name] for name in ("metadata", "spec")}):
        for change in ("key", "value"):
            changed = copy.deepcopy(job)
            parent, key = _parent(changed, pointer)
            if change == "key":
                parent[f"{key}s"] = parent.pop(key)
            else:
                parent[key] = [] if isinstance(parent[key], dict) else {"a": {}}
            if _is_valid(changed, LATEST):
                passed.append(f"{change} of {pointer}")
    assert [] == passed


def _container(job: dict[str, Any]) -> dict[str, Any]:
    (container,) = job["spec"]["template"]["spec"]["containers"]
    return dict(container)


@pytest.fixture
def stated(tmp_path: Path) -> Any:
    """A callable that runs a container's command where its volume is a folder of ours, and returns what it starts."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "chatcert").write_text('#!/bin/sh\nfor word; do printf "%s\\n" "$word"; done\n')
    (programs / "chatcert").chmod(0o755)

    def start(job: dict[str, Any], **variables: str) -> Namespace:
        container = _container(job)
        given = {one["name"]: one["value"] for one in container["env"] if "value" in one}
        command = [word.replace("/reports", str(tmp_path)) for word in (*container["command"], *container["args"])]
        done = subprocess.run(
            command,
            env={**given, "PATH": f"{programs}:{os.environ['PATH']}", "RUN": "first", **variables},
            capture_output=True,
            text=True,
            check=True,
        )
        return main.build_parser().parse_args(done.stdout.splitlines())

    return start


def _started(stated: Any, **variables: str) -> list[Namespace]:
    """What the pods of the Indexed Job start, in their order."""
    count = CERTIFY["spec"]["completions"]
    return [stated(CERTIFY, JOB_COMPLETION_INDEX=str(index), JOB="job-1", **variables) for index in range(count)]


def test_each_pod_takes_a_shard(stated: Any, tmp_path: Path) -> None:
    """The pods, counted from 0, take all shards, counted from 1, each once and each in a folder of its own."""
    started = _started(stated)

    count = len(started)
    assert [f"{number}/{count}" for number in range(1, count + 1)] == [options.shard for options in started]
    folders = [tmp_path / "first" / "job-1" / f"shard-{number}" for number in range(1, count + 1)]
    assert folders == [options.report_dir for options in started]
    assert [False] * count == [options.resume for options in started]
    assert {"standard"} == {profile_named(options.profile).name for options in started}


def test_limits_are_those_of_all_shards_together(stated: Any) -> None:
    """All shards together send no more and no faster than the definition says, and hardly less."""
    given = {one["name"]: one.get("value") for one in _container(CERTIFY)["env"]}
    started = _started(stated, MAX_REQUESTS="1999")

    assert 1999 - len(started) < sum(options.max_requests for options in started) <= 1999
    assert float(given["RATE"]) == pytest.approx(sum(options.rate for options in started))
    assert {True} == {options.max_time < CERTIFY["spec"]["activeDeadlineSeconds"] for options in started}


def test_a_pod_goes_on_where_a_lost_one_stopped(stated: Any, tmp_path: Path) -> None:
    """Where a run has left its ledger the next pod resumes it; a shard beside it and another Job begin anew."""
    (tmp_path / "first" / "job-1" / "shard-2" / "sigmamind" / ".run" / "1234").mkdir(parents=True)

    assert [False, True, False, False] == [options.resume for options in _started(stated)]
    assert not stated(CERTIFY, JOB_COMPLETION_INDEX="1", JOB="job-2").resume


def test_merging_takes_what_the_shards_have_left(stated: Any, tmp_path: Path) -> None:
    """The second Job merges the folders of all shards of the run, not its own, nor those of another run."""
    written = [options.report_dir for options in _started(stated)]
    for folder in (*written, tmp_path / "first" / "merged" / "sigmamind", tmp_path / "second" / "job-2" / "shard-1"):
        folder.mkdir(parents=True)

    options = stated(MERGE)

    assert written == options.folders
    assert tmp_path / "first" / "merged" == options.report_dir
    names = [job["spec"]["template"]["metadata"]["labels"]["chatcert-run"] for job in (CERTIFY, MERGE)]
    assert names[0] == names[1]


@JOBS
def test_what_is_tried_again(job: dict[str, Any]) -> None:
    """A pod is tried again for what may be a machine's doing, and never for a conclusion or a wrong setting."""
    errors = [value for value in vars(exceptions).values() if isinstance(value, type)]
    known = {error.exit_code for error in errors if issubclass(error, exceptions.ChatcertError)} | {1}
    rules = job["spec"]["podFailurePolicy"]["rules"]
    final = [code for rule in rules if "onExitCodes" in rule for code in rule["onExitCodes"]["values"]]

    assert sorted(known - A_MACHINES_DOING) == sorted(final)
    assert {"In"} == {rule["onExitCodes"]["operator"] for rule in rules if "onExitCodes" in rule}
    assert {_container(job)["name"]} == {r["onExitCodes"]["containerName"] for r in rules if "onExitCodes" in r}
    assert {"type": "DisruptionTarget", "status": "True"} in rules[0]["onPodConditions"]
    assert "Never" == job["spec"]["template"]["spec"]["restartPolicy"]


def test_a_shard_that_is_not_conformant_leaves_the_others_alone() -> None:
    """What one shard concludes ends that shard only; a wrong setting ends all."""
    rules = CERTIFY["spec"]["podFailurePolicy"]["rules"]
    actions = {code: rule["action"] for rule in rules for code in rule.get("onExitCodes", {}).get("values", [])}

    assert {1: "FailIndex", 5: "FailIndex", 75: "FailIndex", 2: "FailJob", 65: "FailJob", 78: "FailJob"} == actions
    assert CERTIFY["spec"]["backoffLimitPerIndex"] > 0
    assert CERTIFY["spec"]["completions"] == CERTIFY["spec"]["parallelism"]


@JOBS
def test_a_pod_may_do_no_more_than_it_needs(job: dict[str, Any]) -> None:
    """No root, no token, no other privilege, a root file system that is read-only, and an end in time."""
    pod, container = job["spec"]["template"]["spec"], _container(job)

    assert (False, False) == (pod["automountServiceAccountToken"], pod["enableServiceLinks"])
    assert (True, {"type": "RuntimeDefault"}) == (
        pod["securityContext"]["runAsNonRoot"],
        pod["securityContext"]["seccompProfile"],
    )
    assert {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}} == (
        container["securityContext"]
    )
    assert {"requests", "limits"} == set(container["resources"])
    assert job["spec"]["activeDeadlineSeconds"] > 0
    assert job["spec"]["ttlSecondsAfterFinished"] > 0


@JOBS
def test_what_a_pod_mounts_is_there(job: dict[str, Any]) -> None:
    """Volumes are those that setup.yaml makes, and each mount has its volume."""
    made = {(one["kind"], one["metadata"]["name"]) for one in _definitions("setup.yaml")}
    volumes = {volume["name"]: volume for volume in job["spec"]["template"]["spec"]["volumes"]}
    used = {
        ("PersistentVolumeClaim", one["persistentVolumeClaim"]["claimName"])
        for one in volumes.values()
        if "persistentVolumeClaim" in one
    }
    used |= {("ConfigMap", one["configMap"]["name"]) for one in volumes.values() if "configMap" in one}

    assert used <= made
    assert set(volumes) == {mount["name"] for mount in _container(job)["volumeMounts"]}


def test_credentials_are_in_no_file(stated: Any, tmp_path: Path) -> None:
    """The target that pods aim at is one that can be used, and what it reads comes from a Secret made elsewhere."""
    (config,) = [one for one in _definitions("setup.yaml") if one["kind"] == "ConfigMap"]
    options = _started(stated)[0]
    assert Path("/etc/chatcert") == options.targets_file.parent
    file = tmp_path / "targets.toml"
    file.write_text(config["data"][options.targets_file.name], encoding="utf-8")
    entry = entry_named(options.target[0], read_targets(file), file)
    contract = open_vendor(entry.vendor)
    destination = Destination("https://staging.chat.internal", options.target[0], entry, file)

    check_destination(destination, contract, allow_production=False)
    with pytest.raises(exceptions.ConfigurationError, match="is a placeholder"):
        check_destination(replace(destination, url=entry.url), contract, allow_production=False)
    assert {"apiKeyAuth": "${SIGMAMIND_STAGING_KEY}"} == entry.credentials
    assert [{"secretRef": {"name": "chatcert-credentials"}}] == _container(CERTIFY)["envFrom"]
    assert "Secret" not in {one["kind"] for one in ALL.values()}
    assert "envFrom" not in _container(MERGE)


def test_image() -> None:
    """The image holds the pinned packages, checked by their hashes, and runs as the user that the pods run as."""
    text = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    kept = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    copied = [word for line in re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.MULTILINE) for word in line.split()]

    assert "--no-deps --require-hashes -r requirements/certify.txt" in text
    assert set(copied) == {line.removeprefix("!") for line in kept if line.startswith("!")}
    assert [] == [name for name in copied if not (ROOT / name).exists()]
    assert 'ENTRYPOINT ["chatcert"]' in text
    (user,) = re.findall(r"^USER (\d+):(\d+)$", text, re.MULTILINE)
    for job in (CERTIFY, MERGE):
        pod = job["spec"]["template"]["spec"]["securityContext"]
        assert tuple(map(int, user)) == (pod["runAsUser"], pod["runAsGroup"])
