"""Lets the tests import `spoilable_run`, the hand-made run folder of `tests/unit/judge`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "judge"))
