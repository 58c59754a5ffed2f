"""The simulation: what a job is dealt when it is created, and what is guessed while it runs."""
