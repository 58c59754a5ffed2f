"""How gunicorn serves this project: one process whose threads can hold requests.

A held request keeps a thread, so there is one for each hold and some for everything else.
"""

from typing import Final

from heygen_video_translation import env

_OTHER_THREADS: Final = 24

wsgi_app = "heygen_video_translation.wsgi"
worker_class = "gthread"
threads = env.whole_number("MAX_HOLDS", 256) + _OTHER_THREADS
worker_connections = 2 * threads
keepalive = 30  # seconds; a client asks again over the same connection
