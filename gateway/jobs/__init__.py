"""What the worker does: project at once what changed, serve connected accounts, and keep the house in order.

The truth is in our own tables: the outbox says what changed, connections and mappings say what is to be done elsewhere.
procrastinate carries it out and keeps the hours, and that is all. A job holds ids and nothing else, so one that is
lost, late or done twice does no harm, and a queue that is dropped is no loss.
"""

from gateway.jobs.plan import CHORES, Chore, Plan
from gateway.jobs.projector import work

__all__ = ["CHORES", "Chore", "Plan", "work"]
