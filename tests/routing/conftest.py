"""The fixtures that several tests of routers share."""

from tests.routing.chat_server import endpoint

__all__ = ["endpoint"]
