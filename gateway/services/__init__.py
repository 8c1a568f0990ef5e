"""Who does it: one verb a module. A service opens a transaction, asks `core`, and writes through `db`."""
