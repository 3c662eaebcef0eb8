"""The workspace's state in one object."""

from __future__ import annotations

from sqlalchemy import Engine

from toolkit.storage.corpus import Corpus
from toolkit.storage.ledger import Ledger
from toolkit.storage.registry import Registry
from toolkit.storage.work import Work


class State:
    """Everything the steps remember, in one database.

    Attributes
    ----------
    corpus : Corpus
        Documents, tasks, routes.
    work : Work
        Placements, assignments, decisions, releases.
    registry : Registry
        What exists on the server.
    ledger : Ledger
        Every annotation version ever seen.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.corpus = Corpus(engine)
        self.work = Work(engine)
        self.registry = Registry(engine)
        self.ledger = Ledger(engine)

    def close(self) -> None:
        """Give the database's connections back."""
        self._engine.dispose()
