"""`python -m heygen_video_translation` is `vid-trans`."""

from heygen_video_translation.cli import main

main()
