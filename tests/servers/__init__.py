"""Stand-ins for the world outside, on real sockets: strict where the real ones are strict."""
