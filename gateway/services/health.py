"""Whether this process can serve: for load balancers, which ask often and want a short answer."""

from __future__ import annotations

from gateway.core.errors import DatabaseUnavailable, GatewayError
from gateway.db.engine import Database


def ready(database: Database) -> tuple[bool, str]:
    """(can serve, why not)."""
    try:
        with database.nobody() as session:
            session.one("SELECT 1 FROM daybridge.installation")
    except DatabaseUnavailable:
        return False, "the database doesn't answer"
    except GatewayError as error:
        return False, str(error)
    return True, "ready"
