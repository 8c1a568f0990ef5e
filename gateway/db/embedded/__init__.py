"""The embedded PostgreSQL: binaries of a Python package under a supervisor of our own. `start` is all one needs."""

from gateway.db.embedded.binaries import Binaries, find_binaries
from gateway.db.embedded.server import EmbeddedServer, start

__all__ = ["Binaries", "EmbeddedServer", "find_binaries", "start"]
