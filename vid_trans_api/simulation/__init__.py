"""The simulation of jobs: pure functions and values, and the server's only randomness."""
