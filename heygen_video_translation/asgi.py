"""The project as ASGI: what a production server loads."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "heygen_video_translation.settings")

application = get_asgi_application()
