"""What a database says about itself, with every object and its properties, to be compared with a later answer."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping

import psycopg

from gateway.db.embedded.binaries import find_binaries

Catalog = Mapping[str, frozenset[tuple[object, ...]]]

# Ours and theirs, but not PostgreSQL's own, and nothing of this session.
_HERE = "n.nspname !~ '^(pg_|information_schema$)'"

_QUESTIONS = {
    "schemas": f"SELECT nspname, nspowner::regrole::text, nspacl::text FROM pg_namespace n WHERE {_HERE}",
    "relations": f"""
        SELECT n.nspname, relname, relkind, relowner::regrole::text, relacl::text, reloptions::text, relpersistence,
               relrowsecurity, relforcerowsecurity, relhasrules, relchecks, relnatts, reltoastrelid <> 0, relhastriggers
        FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE {_HERE}""",
    "columns": f"""
        SELECT n.nspname, relname, attname, attnum, format_type(atttypid, atttypmod), attnotnull, attidentity,
               attstorage, attacl::text, pg_get_expr(adbin, adrelid)
        FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace
        LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE {_HERE} AND attnum > 0 AND NOT attisdropped""",
    "constraints": f"""
        SELECT n.nspname, conrelid::regclass::text, conname, contype, convalidated, pg_get_constraintdef(c.oid)
        FROM pg_constraint c JOIN pg_namespace n ON n.oid = connamespace WHERE {_HERE}""",
    "indexes": f"SELECT nspname, tablename, indexname, indexdef FROM pg_indexes, pg_namespace n "
    f"WHERE nspname = schemaname AND {_HERE}",
    "triggers": f"""
        SELECT n.nspname, relname, tgname, tgenabled, pg_get_triggerdef(t.oid)
        FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid JOIN pg_namespace n ON n.oid = relnamespace
        WHERE {_HERE} AND NOT tgisinternal""",
    "functions": f"""
        SELECT n.nspname, proname, pg_get_function_arguments(p.oid), proowner::regrole::text, prosecdef,
               proconfig::text, proacl::text, prosrc, prosqlbody IS NULL
        FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE {_HERE}""",
    "views": f"SELECT nspname, viewname, definition FROM pg_views, pg_namespace n "
    f"WHERE nspname = schemaname AND {_HERE}",
    "policies": "SELECT schemaname, tablename, policyname, roles::text, cmd, qual, with_check FROM pg_policies",
    "sequences": f"""
        SELECT schemaname, sequencename, data_type::text, start_value, increment_by, cycle
        FROM pg_sequences, pg_namespace n WHERE nspname = schemaname AND {_HERE}""",
    "comments": f"""
        SELECT identity, description FROM pg_description d
        CROSS JOIN LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) o, pg_namespace n
        WHERE n.nspname = o.schema AND {_HERE}""",
    "extensions": "SELECT extname, extnamespace::regnamespace::text FROM pg_extension",
    "default rights": "SELECT defaclrole::regrole::text, defaclobjtype, defaclacl::text FROM pg_default_acl",
    "event triggers": "SELECT evtname, evtevent FROM pg_event_trigger",
    "large types": f"SELECT n.nspname, typname, typtype FROM pg_type JOIN pg_namespace n ON n.oid = typnamespace "
    f"WHERE {_HERE}",
}
_OF_THE_SERVER = {
    "roles": "SELECT rolname, rolsuper, rolcreaterole, rolcanlogin, rolbypassrls, rolconfig::text FROM pg_roles",
    "members": "SELECT roleid::regrole::text, member::regrole::text, admin_option FROM pg_auth_members",
    "rights": "SELECT datacl::text FROM pg_database WHERE datname = current_database()",
    "settings": "SELECT setdatabase, setrole::regrole::text, setconfig::text FROM pg_db_role_setting",
}


def of(url: str, *, server: bool = True) -> Catalog:
    """Everything but rows; with `server`, also the roles, which all databases of the server share."""
    questions = _QUESTIONS | (_OF_THE_SERVER if server else {})
    with psycopg.connect(url, options="-c search_path=pg_catalog") as connection:
        return {
            name: frozenset(connection.execute(question.encode()).fetchall())
            for name, question in questions.items()
        }


def dump(url: str) -> str:
    """The whole database as pg_dump writes it, rows included."""
    program = find_binaries().bin_dir / "pg_dump"
    done = subprocess.run([program, "--no-sync", url], capture_output=True, text=True, check=True)
    # Newer ones fence the dump with a word that differs each time.
    return re.sub(r"^\\(un)?restrict .*$", "", done.stdout, flags=re.MULTILINE)
