"""`make bench`: how fast Daybridge is, measured beside the others on the same machine in the same run."""
