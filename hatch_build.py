"""How the client and its command line get into the wheel: rewritten to lie in the package.

In the checkout they lie at the top, the client to be copied anywhere. Installed, modules of those
names would get in the way of other people's, so there they are the package's own.
"""

import tempfile
from pathlib import Path
from typing import Any, Final

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE: Final = "heygen_video_translation"
MOVED: Final = ("client.py", "cli.py", "terminal/*.py")
IN_PLACE: Final = (f"{PACKAGE}/console.py",)

REWRITTEN: Final = {
    "from client import": f"from {PACKAGE}.client import",
    "from cli import": f"from {PACKAGE}.cli import",
    "from terminal.": f"from {PACKAGE}.terminal.",
    "python cli.py": "vid-trans",
}


class MoveIntoThePackage(BuildHookInterface[BuilderConfig]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Rewrite the files for a wheel; one that is editable is the checkout, as it is."""
        self._folder = tempfile.TemporaryDirectory()
        if self.target_name != "wheel" or version == "editable":
            return
        missing = set(REWRITTEN)
        root = Path(self.root)
        for source in (file for pattern in (*MOVED, *IN_PLACE) for file in root.glob(pattern)):
            text = source.read_text(encoding="utf-8")
            missing -= {here for here in REWRITTEN if here in text}
            for here, there in REWRITTEN.items():
                text = text.replace(here, there)
            name = source.relative_to(root).as_posix().removeprefix(f"{PACKAGE}/")
            rewritten = Path(self._folder.name, name)
            rewritten.parent.mkdir(exist_ok=True)
            rewritten.write_text(text, encoding="utf-8")
            build_data["force_include"][str(rewritten)] = f"{PACKAGE}/{name}"
        if missing:
            raise RuntimeError(f"Nothing to rewrite was found of {sorted(missing)}.")

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        self._folder.cleanup()
