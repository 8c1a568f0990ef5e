"""Answers straight from rows. What is not answered here is left to Radicale's own code on the same storage."""
