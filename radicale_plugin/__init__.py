"""Door 1: CalDAV. Radicale answers; the storage, the rights and the fast answers behind it are ours."""
