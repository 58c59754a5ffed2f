"""What to install if a package is missing that only some commands need."""

from importlib.util import find_spec


def require_extra(extra: str, *packages: str) -> None:
    """Exit with the `pip install` to run if one of these packages is not installed."""
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise SystemExit(
            f"{missing[0]} is not installed: run pip install 'heygen-video-translation[{extra}]'"
            " (in a checkout: pip install -r requirements.txt)."
        )
