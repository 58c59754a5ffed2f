"""The project as WSGI: what a production server loads."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "heygen_video_translation.settings")

application = get_wsgi_application()

from vid_trans_api.holds import answer_when_told_to_stop  # noqa: E402 (needs Django's apps)

answer_when_told_to_stop()
