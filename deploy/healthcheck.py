#!/usr/bin/env python3
"""Exit with 0 if the server in this container can serve requests."""

import os
import sys
from http.client import HTTPConnection

# Any name in ALLOWED_HOSTS is accepted: a domain with its subdomains (.example.com), or all (*).
host = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip().lstrip(".*") or "localhost"
path = os.environ.get("SCRIPT_NAME", "") + "/vid_trans_api/health"
connection = HTTPConnection("127.0.0.1", 8000, timeout=4)
# A server behind a proxy may redirect all other requests to https.
connection.request("GET", path, headers={"Host": host, "X-Forwarded-Proto": "https"})
sys.exit(connection.getresponse().status != 200)
