"""The run folders of the suite's tests and the synthetic runs of the report's are used here, too."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "suite"), str(HERE.parent / "report")]

from paid_once import paid_once, undrawn  # noqa: E402, F401  (fixtures, found by the line above)
