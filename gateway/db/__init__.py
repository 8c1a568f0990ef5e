"""Where it is kept: the only room with SQLAlchemy and psycopg. It gives and takes values of `gateway.core`."""
