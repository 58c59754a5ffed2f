"""Version 1 of HeyGen's API: its webhook endpoints, and nothing else."""
