"""Gunicorn for Daybridge: `gunicorn -c config/gunicorn.conf.py`, from the folder that Daybridge lives in.

Address and threads come from Daybridge's own settings, which must name a database_url that `daybridge attach` has seen.
Run one `daybridge worker` beside it, and a proxy with TLS in front of it (nginx.conf).
Reference: https://docs.gunicorn.org/en/stable/settings.html
"""

import os
import socket
import struct

from gateway import settings

_settings = settings.load(None, os.environ)
# Whoever sends or takes nothing for this many seconds, in the middle of a request, is hung up on. Gunicorn itself would
# wait for ever, and each such client would hold a thread.
_SILENCE = 20

wsgi_app = "wsgi:application()"
bind = _settings.listen

# Threads share a pool of database connections: at most workers × threads × 2 of PostgreSQL's max_connections.
worker_class = "gthread"
workers = 2
threads = _settings.threads
preload_app = False  # a connection must not be opened before the fork
worker_connections = 500

# Clients and proxies send several requests over one connection.
keepalive = 15
timeout = 30  # a worker that is stuck as a whole; threads that work for long are no reason
graceful_timeout = 20  # requests under way when told to stop; systemd waits a little longer than this
# A new worker now and then gives back what memory was lost; not all of them at the same time.
max_requests = 20_000
max_requests_jitter = 2_000

# Long enough for every calendar app; the body's limit is the application's (2 MiB, answered with 413).
limit_request_line = 4094
limit_request_fields = 60
limit_request_field_size = 8190

# No access log: the addresses of feeds are secrets. The proxy writes one, without them.
accesslog = None
errorlog = "-"
loglevel = "info"
# We are told by signals; nobody needs a second way in.
control_socket_disable = True


def when_ready(server):
    """Give the kernel our patience. Connections inherit it from the socket that they come in by."""
    patience = struct.pack("ll", _SILENCE, 0)
    for listener in server.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, patience)
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, patience)
