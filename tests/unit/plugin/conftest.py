"""The synthetic runs of the report's tests are used here, too."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "report")]
