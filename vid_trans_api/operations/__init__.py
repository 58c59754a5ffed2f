"""Use cases: what can be done with jobs and workspaces, whatever the dialect."""
