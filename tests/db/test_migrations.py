"""Our schema comes about in one way only, however it is reached, and every table in it keeps the rules of the house."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import resources

import psycopg
import pytest

from gateway.core.errors import SetupError
from gateway.db import migrate as migrations
from gateway.db.engine import Database
from gateway.db.migrate import Migration, known, migrate, pending, preview
from tests import catalog, rails

# Tables that belong to the installation, not to a business.
_OF_ALL = {"installation", "migrations", "request_budgets"}


@pytest.fixture
def empty(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def bring(monkeypatch: pytest.MonkeyPatch, *brought: Migration) -> None:
    monkeypatch.setattr(migrations, "known", lambda: list(brought))


# How it comes about


def test_names_are_numbered_without_a_gap() -> None:
    folder = resources.files("gateway.db").joinpath("migrations")
    names = sorted(file.name for file in folder.iterdir() if not file.name.startswith("__"))
    assert all(re.fullmatch(r"\d{4}_[a-z]+(_[a-z]+)*\.sql", name) for name in names)
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    assert [migration.name for migration in known()] == [name.removesuffix(".sql") for name in names]


def test_step_by_step_or_at_once_is_the_same(
    databases, database_url: str, empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = known()
    assert migrate(empty) == [migration.name for migration in everything]
    other = databases.create()
    with rails.deps(other) as deps:
        for until in range(1, len(everything) + 1):
            bring(monkeypatch, *everything[:until])
            assert migrate(deps.database) == [everything[until - 1].name]
    at_once, in_steps = catalog.of(database_url), catalog.of(other)
    databases.drop(other)
    assert {name: at_once[name] ^ in_steps[name] for name in at_once} == {
        name: frozenset() for name in at_once
    }


def test_migrating_again_does_nothing(database_url: str, empty: Database) -> None:
    assert pending(empty) == [migration.name for migration in known()]
    migrate(empty)
    before = catalog.of(database_url)
    assert pending(empty) == migrate(empty) == preview(empty) == []
    assert catalog.of(database_url) == before


def test_asking_what_is_pending_changes_nothing(database_url: str, empty: Database) -> None:
    before = catalog.of(database_url)
    pending(empty)
    assert preview(empty)
    assert catalog.of(database_url) == before


def test_several_at_once_take_turns(database_url: str, empty: Database) -> None:
    def run(_: int) -> list[str]:
        with rails.deps(database_url) as deps:
            return migrate(deps.database)

    with ThreadPoolExecutor(4) as threads:
        applied = list(threads.map(run, range(4)))
    assert sorted(applied, key=len)[-1] == [migration.name for migration in known()]
    assert sorted(applied, key=len)[:3] == [[], [], []]


def test_one_that_was_edited_afterwards_is_refused(empty: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    migrate(empty)
    first, *rest = known()
    bring(monkeypatch, Migration(first.name, first.text + "\n-- a harmless comment"), *rest)
    for ask in (migrate, pending):
        with pytest.raises(SetupError, match=f"Migration {first.name} was changed after it was applied"):
            ask(empty)


def test_a_newer_database_is_refused(empty: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    now = known()
    bring(monkeypatch, *now, Migration("9999_later", "SELECT 1"))
    migrate(empty)
    bring(monkeypatch, *now)
    for ask in (migrate, pending):
        with pytest.raises(SetupError, match="9999_later, which this version doesn't know") as raised:
            ask(empty)
        assert raised.value.remedy == "Update Daybridge."


def test_one_that_fails_leaves_nothing_behind(
    database_url: str, empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(empty)
    before = catalog.of(database_url)
    half = Migration("9999_half", "CREATE TABLE daybridge.half (id int); SELECT 1/0")
    bring(monkeypatch, *known(), half)
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(empty)
    assert catalog.of(database_url) == before


# What is in it


@pytest.fixture(scope="module")
def migrated(databases) -> Iterator[psycopg.Connection]:
    url = databases.create()
    with rails.deps(url) as deps:
        migrate(deps.database)
    with psycopg.connect(url, autocommit=True, options="-c search_path=pg_catalog") as connection:
        yield connection
    databases.drop(url)


def ask(connection: psycopg.Connection, question: str) -> list[tuple[object, ...]]:
    return connection.execute(question.encode()).fetchall()


def test_business_id_leads_every_key(migrated: psycopg.Connection) -> None:
    """So that the schema can be distributed by it: primary keys, uniques, foreign keys and exclusions."""
    keys = ask(
        migrated,
        "SELECT conrelid::regclass::text, contype::text, conname::text, array_agg(attname::text ORDER BY place)"
        " FROM pg_constraint CROSS JOIN LATERAL unnest(conkey) WITH ORDINALITY AS key (number, place)"
        " JOIN pg_attribute ON attrelid = conrelid AND attnum = key.number"
        " WHERE connamespace = 'daybridge'::regnamespace AND contype IN ('p', 'u', 'f', 'x') GROUP BY 1, 2, 3",
    )
    tenants = [key for key in keys if str(key[0]).removeprefix("daybridge.") not in _OF_ALL]
    assert [key for key in tenants if key[3][0] != "business_id"] == []  # type: ignore[index]
    assert {key[0] for key in tenants if key[1] == "p"} == {
        f"daybridge.{table}" for table in of_tenants(migrated)
    }


def test_business_id_is_in_every_unique_index(migrated: psycopg.Connection) -> None:
    indexes = ask(
        migrated,
        "SELECT indrelid::regclass::text, indexrelid::regclass::text, pg_get_indexdef(indexrelid, 1, true)"
        " FROM pg_index JOIN pg_class ON oid = indexrelid"
        " WHERE relnamespace = 'daybridge'::regnamespace AND indisunique",
    )
    assert [
        index
        for index in indexes
        if index[2] != "business_id" and str(index[0]).removeprefix("daybridge.") not in _OF_ALL
    ] == []


def test_foreign_keys_stay_within_a_business(migrated: psycopg.Connection) -> None:
    columns = ask(
        migrated,
        "SELECT conname::text,"
        " (SELECT attname::text FROM pg_attribute WHERE attrelid = confrelid AND attnum = confkey[1])"
        " FROM pg_constraint WHERE connamespace = 'daybridge'::regnamespace AND contype = 'f'",
    )
    assert columns
    assert {column for _, column in columns} == {"business_id"}


def test_business_id_is_never_null_and_always_a_bigint(migrated: psycopg.Connection) -> None:
    columns = ask(
        migrated,
        "SELECT c.relname::text, a.atttypid::regtype::text, a.attnotnull FROM pg_attribute a JOIN pg_class c"
        " ON c.oid = a.attrelid WHERE c.relnamespace = 'daybridge'::regnamespace AND c.relkind IN ('r', 'p')"
        " AND a.attname = 'business_id'",
    )
    assert {(table, kind, not_null) for table, kind, not_null in columns} == {
        (table, "bigint", True) for table in of_tenants(migrated)
    }


def test_every_table_has_row_level_security_with_a_policy(migrated: psycopg.Connection) -> None:
    rows = ask(
        migrated,
        "SELECT c.relname::text, c.relrowsecurity, array_agg(pg_get_expr(polqual, polrelid) || ' / ' ||"
        " pg_get_expr(polwithcheck, polrelid)), bool_and(polpermissive AND polcmd = '*'),"
        " array_agg(polroles::regrole[]::text) FROM pg_class c LEFT JOIN pg_policy ON polrelid = c.oid"
        " WHERE relnamespace = 'daybridge'::regnamespace AND relkind IN ('r', 'p') GROUP BY 1, 2",
    )
    own = "(business_id = daybridge.tenant())"
    expected = {
        table: (True, [f"{own} / {own}"], True, ["{daybridge_app}"]) for table in of_tenants(migrated)
    }
    assert {row[0]: row[1:] for row in rows if row[0] not in _OF_ALL} == expected


def test_there_is_nothing_for_everyone(migrated: psycopg.Connection) -> None:
    """Not on the schema, nor on any table, column, sequence, type of ours or function."""
    rights = ask(
        migrated,
        "SELECT 'schema', nspname::text, acl.privilege_type FROM pg_namespace,"
        " aclexplode(coalesce(nspacl, acldefault('n', nspowner))) acl WHERE nspname = 'daybridge' AND grantee = 0"
        " UNION ALL SELECT 'relation', relname::text, acl.privilege_type FROM pg_class,"
        " aclexplode(coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", relowner))) acl"
        " WHERE relnamespace = 'daybridge'::regnamespace AND grantee = 0"
        " UNION ALL SELECT 'function', proname::text, acl.privilege_type FROM pg_proc,"
        " aclexplode(coalesce(proacl, acldefault('f', proowner))) acl"
        " WHERE pronamespace = 'daybridge'::regnamespace AND grantee = 0"
        " UNION ALL SELECT 'column', attname::text, acl.privilege_type FROM pg_attribute, aclexplode(attacl) acl"
        " WHERE grantee = 0 AND attrelid::regclass::text LIKE 'daybridge.%'",
    )
    assert rights == []


def test_the_application_may_not_change_what_belongs_to_all(migrated: psycopg.Connection) -> None:
    rights = ask(
        migrated,
        "SELECT relname::text, acl.privilege_type FROM pg_class, aclexplode(relacl) acl"
        " WHERE relnamespace = 'daybridge'::regnamespace AND grantee = 'daybridge_app'::regrole"
        " AND relname IN ('installation', 'migrations')",
    )
    assert rights == [("installation", "SELECT")]


def test_the_application_owns_nothing_and_is_bound(migrated: psycopg.Connection) -> None:
    [role] = ask(
        migrated,
        "SELECT rolsuper, rolbypassrls, rolcanlogin, rolcreaterole, rolcreatedb FROM pg_roles"
        " WHERE rolname = 'daybridge_app'",
    )
    assert not any(role)
    assert ask(migrated, "SELECT oid FROM pg_class WHERE relowner = 'daybridge_app'::regrole") == []


def of_tenants(connection: psycopg.Connection) -> set[str]:
    tables = ask(
        connection,
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'daybridge'::regnamespace AND relkind IN ('r', 'p')",
    )
    return {str(table) for (table,) in tables} - _OF_ALL
