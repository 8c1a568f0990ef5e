"""The world outside: whatever Daybridge asks of other servers goes through here, and only through `http.send`."""
