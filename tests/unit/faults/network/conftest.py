"""Lets the tests import `network_doubles`, a stack that runs nothing."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
