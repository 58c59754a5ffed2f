"""How the client and its command line get into the wheel: rewritten to lie in the package.

In the checkout both are files at the top, to be copied anywhere. Installed, modules of those names
would get in the way of other people's, so there they are the package's own.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE: Final = "heygen_video_translation"
MOVED: Final = {
    "client.py": f"{PACKAGE}/client.py",
    "cli.py": f"{PACKAGE}/cli.py",
    f"{PACKAGE}/console.py": f"{PACKAGE}/console.py",
}
"""The files that are rewritten, and where they end up."""

REWRITTEN: Final = {
    "from client import": f"from {PACKAGE}.client import",
    "from cli import": f"from {PACKAGE}.cli import",
    "python cli.py": "vid-trans",
}


class MoveIntoThePackage(BuildHookInterface[BuilderConfig]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Rewrite the files for a wheel; one that is editable is the checkout, as it is."""
        self._folder = Path(tempfile.mkdtemp())
        if self.target_name != "wheel" or version == "editable":
            return
        missing = set(REWRITTEN)
        for source, target in MOVED.items():
            text = Path(self.root, source).read_text(encoding="utf-8")
            missing -= {here for here in REWRITTEN if here in text}
            for here, there in REWRITTEN.items():
                text = text.replace(here, there)
            rewritten = self._folder / Path(source).name
            rewritten.write_text(text, encoding="utf-8")
            build_data["force_include"][str(rewritten)] = target
        if missing:
            raise RuntimeError(f"Nothing to rewrite was found of {sorted(missing)}.")

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        shutil.rmtree(self._folder)
