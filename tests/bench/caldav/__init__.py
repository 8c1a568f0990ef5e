"""The CalDAV side: our server, stock Radicale, and the least that any server could do, with the same events."""
