"""Version 3 of HeyGen's API."""
