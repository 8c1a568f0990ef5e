"""The engine under bad weather: a simulation that is the same each time for the same seed.

The real engine works on a real database, in one thread and by a clock of its own, against a model of a provider in
memory. The booking app, people in their calendars, calendar apps and the API do things at random; answers get lost,
accounts close, workers die in the middle or wake up too late. Then the weather calms down, and everything must agree.

`make simulate SEEDS=10000` runs many seeds; `python -m tests.simulation --seeds 1 --first 4711 --trace` tells one.
"""
