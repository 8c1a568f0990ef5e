"""Door 2: HTTP. Feeds, the API, the pages and what operators ask (health, metrics)."""
