"""How a job gets its facts."""
