"""The dialect of this project's own API."""
