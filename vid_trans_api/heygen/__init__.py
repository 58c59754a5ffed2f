"""HeyGen's API: the dialects v3 and v2, and what they share."""
