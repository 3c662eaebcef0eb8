"""What a migration and its undoing have in common: the annotations of a project, and where they are on the server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from toolkit.labelconfig import read_controls
from toolkit.models import ProjectRecord
from toolkit.storage.label_migrations import LabelMigration
from toolkit.storage.lineages import Sighting
from toolkit.storage.rows import batches
from toolkit.workflow.collection import judge_again
from toolkit.workflow.exchange import AnnotationContent
from toolkit.workflow.judging import Version, counting_versions
from toolkit.workflow.operation import Operation

CONFIG = "label_config"
AT_A_TIME = 100
THREADS = 4  # more only wait for the server's database


class Rewriting:
    """What going forward and going back have in common."""

    def __init__(self, operation: Operation, record: ProjectRecord, item: LabelMigration) -> None:
        self.operation, self.record, self.item = operation, record, item
        states = operation.state.work.placements(project=record.key)
        self.states = {state.placement.id: state for state in states}

    def in_parallel(self, jobs: Iterable[Callable[[], Any]]) -> None:
        """Carry out requests, several at a time."""
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda job: job(), jobs))

    def versions(self) -> Iterable[list[tuple[Version, Sighting]]]:
        """Yield the project's annotations with where they are on the server, some placements at a time."""
        for some in batches(sorted(self.states), AT_A_TIME):
            held = self.operation.state.sightings.held(some)
            found = [
                (version, replace(held[version.lineage], annotator=version.entry.annotator))
                for version in counting_versions(self.operation.state.ledger.history(some))
            ]
            if found:
                yield found

    def save(self, version: str, settings: Mapping[str, Any]) -> None:
        """Remember the version that the project has from now on."""
        key, registry = self.record.key, self.operation.state.registry
        records = {record.key: record for record in registry.projects()}
        known = registry.config_xml(key.domain, key.config, version)
        xml = known or str(settings.get(CONFIG, self.operation.config(key).xml))
        config = replace(self.operation.config(key), xml=xml, version=version, controls=read_controls(xml))
        now = records[key]
        settings = {CONFIG: xml, **settings}
        registry.save_project(replace(now, config_version=version, settings={**now.settings, **settings}), config)
        judge_again(self.operation, key)


def users(operation: Operation) -> dict[str, int]:
    """Return the server's user of each pseudonym whose account is still there."""
    there = {member.server_user for member in operation.platform.members()}
    return {name: user for name, user in operation.state.registry.users().items() if user in there}


def content_sent(version: Version, payload: Mapping[str, Any], by_name: Mapping[str, int]) -> AnnotationContent:
    """Return an annotation as it can be sent again with a payload, in its author's name."""
    author = by_name[version.entry.annotator]
    return AnnotationContent(author, payload["results"], payload["skipped"], payload["lead_time_s"])


def sender(operation: Operation, at: Sighting, payload: Mapping[str, Any]) -> Callable[[], None]:
    """Return what makes the server's annotation what the payload says."""
    if payload.get("withdrawn"):
        return lambda: operation.platform.delete_annotation(at.server_id)
    return lambda: operation.platform.update_annotation(at.server_id, results=payload["results"])
