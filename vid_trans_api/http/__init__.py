"""What the dialects and pages share to read requests and write responses."""
