"""Long polls, socket-level faults, and the development server."""
