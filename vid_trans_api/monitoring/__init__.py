"""What operators see of this server: health checks, metrics, and a log entry for each request."""
