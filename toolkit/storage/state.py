"""The workspace's state in one object."""

from __future__ import annotations

from sqlalchemy import Engine

from toolkit.storage.concerns import Concerns
from toolkit.storage.corpus import Corpus
from toolkit.storage.findings import Findings
from toolkit.storage.label_migrations import LabelMigrations
from toolkit.storage.ledger import Ledger
from toolkit.storage.people import People
from toolkit.storage.registry import Registry
from toolkit.storage.releases import Releases
from toolkit.storage.reviews import Reviews
from toolkit.storage.reworks import Reworks
from toolkit.storage.routed import Routed
from toolkit.storage.settled import Settled
from toolkit.storage.sightings import Sightings
from toolkit.storage.steps import Steps
from toolkit.storage.tallies import Tallies
from toolkit.storage.work import Work


class State:
    """Everything the steps remember, in one database.

    Attributes
    ----------
    corpus : Corpus
        Documents, tasks, routes.
    work : Work
        Placements, assignments, decisions.
    registry : Registry
        What exists on the server.
    people : People
        Who the annotators are.
    ledger : Ledger
        Every annotation version ever seen.
    sightings : Sightings
        What the server holds, as the ledger last saw it.
    findings : Findings
        Annotations that do not simply count, with the reason.
    migrations : LabelMigrations
        Which label configs were migrated.
    reworks : Reworks
        Answers that rulings sent back.
    reviews : Reviews
        Decided labels that were judged once more.
    steps : Steps
        What the overlap policy chose.
    releases : Releases
        What was published.
    concerns : Concerns
        What may be wrong.
    routed : Routed
        How sure routes are, and what people found since.
    settled : Settled
        Who settled what, and what releases hold.
    tallies : Tallies
        How much there is of everything.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.corpus = Corpus(engine)
        self.work = Work(engine)
        self.registry = Registry(engine)
        self.people = People(engine)
        self.ledger = Ledger(engine)
        self.sightings = Sightings(engine)
        self.sightings.ensure()
        self.findings = Findings(engine)
        self.migrations = LabelMigrations(engine)
        self.reworks = Reworks(engine)
        self.reviews = Reviews(engine)
        self.steps = Steps(engine)
        self.releases = Releases(engine)
        self.concerns = Concerns(engine)
        self.routed = Routed(engine)
        self.settled = Settled(engine)
        self.tallies = Tallies(engine)

    def close(self) -> None:
        """Give the database's connections back."""
        self._engine.dispose()
