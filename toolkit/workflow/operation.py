"""What every step works on: a workspace, opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from toolkit.config import WorkflowFile
from toolkit.errors import ConfigError
from toolkit.labelconfig import ruling_config, ruling_version
from toolkit.models import Annotator, DomainPack, LabelConfig, Migration, ProjectKey, Tier
from toolkit.storage.state import State
from toolkit.workflow.exchange import Account
from toolkit.workflow.ports import AnswerCodec, LabelingPlatform, Progress, silent


@dataclass(frozen=True)
class Operation:
    """A workspace with its settings, team, packs and state, and the way to its labelling platform.

    Attributes
    ----------
    folder : Path
        The workspace.
    name : str
        Eight hex digits that tell this workspace's projects from another's on the same server.
    connect : callable
        Connects to the platform; called at most once, and only by the steps that need a server.
    """

    folder: Path
    name: str
    settings: WorkflowFile
    team: tuple[Annotator, ...]
    packs: Mapping[str, DomainPack]
    state: State
    codec: AnswerCodec
    connect: Callable[[], LabelingPlatform]
    progress: Progress = silent

    @cached_property
    def platform(self) -> LabelingPlatform:
        """The labelling platform, connected at first use."""
        return self.connect()

    @cached_property
    def logged_in(self) -> dict[str, Account]:
        """Simulated members' accounts by pseudonym, of those who have logged in since the workspace was opened."""
        return {}

    @property
    def snapshots(self) -> Path:
        """Where judgments are frozen."""
        return self.folder / "snapshots"

    @property
    def releases(self) -> Path:
        """Where datasets are published."""
        return self.folder / "releases"

    def config(self, key: ProjectKey) -> LabelConfig:
        """Return the label config a project shows: the pack's, or the last one applied where no pack asks any more.

        Raises
        ------
        ConfigError
            The pack or the config is gone before it was ever applied, though tasks are waiting for it.
        """
        config = self.asked(key) or self.state.registry.config_at(key)
        if config is None:
            raise ConfigError(
                f"The pack {key.domain!r} has no label config {key.config!r}, but tasks are placed in it.",
                hint="put it back, or start a new workspace.",
            )
        return config

    def applied(self, key: ProjectKey) -> LabelConfig:
        """Return the label config that people see: the one applied last, which files may be ahead of."""
        version, asked = self.state.registry.applied_version(key), self.asked(key)
        if version is None or (asked is not None and asked.version == version):
            return self.config(key)
        return self.state.registry.config_at(key, version) or self.config(key)

    def asked(self, key: ProjectKey) -> LabelConfig | None:
        """Return the label config that the packs have for a project, or None; adjudicators are asked for a reason."""
        pack = self.packs.get(key.domain)
        configs = () if pack is None else pack.configs
        config = next((config for config in configs if config.name == key.config), None)
        return ruling_config(config) if config is not None and key.tier is Tier.ADJUDICATOR else config

    def migrations(self, key: ProjectKey) -> tuple[Migration, ...]:
        """Return the pack's migrations, between the versions that a project sees.

        An adjudicators' project may still have the plain config that it was made with: from there they lead on, too.
        """
        pack = self.packs.get(key.domain)
        plain = () if pack is None else pack.migrations
        if key.tier is not Tier.ADJUDICATOR:
            return plain
        onto = tuple(replace(step, after=ruling_version(step.after)) for step in plain)
        return (*onto, *(replace(step, before=ruling_version(step.before)) for step in onto))

    def simulated(self) -> frozenset[str]:
        """Return the pseudonyms of simulated annotators."""
        return frozenset(member.pseudonym for member in self.team if member.simulated)
