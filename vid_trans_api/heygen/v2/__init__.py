"""Version 2 of HeyGen's API, which most existing programs speak."""
