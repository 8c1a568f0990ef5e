"""The pages in a real browser: every flow at every provider, and every page in every state."""
