"""`python -m heygen_video_translation`, which is `vid-trans` by another name."""

from heygen_video_translation.console import main

main()
