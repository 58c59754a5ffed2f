"""The ASGI application, for ASGI servers.

Only WSGI under gunicorn is tested and measured. Under ASGI there are no socket faults, and long
polls delay a shutdown.
"""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "heygen_video_translation.settings")

application = get_asgi_application()
