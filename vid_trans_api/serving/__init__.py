"""Long polling, faults on the client's socket, and the development server."""
