"""The project as ASGI, for whoever serves by it.

What is measured, tested and told to stop with every hold answered is WSGI, under gunicorn.
"""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "heygen_video_translation.settings")

application = get_asgi_application()
