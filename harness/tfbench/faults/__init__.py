"""Faults: one file each, registered by name in `registry.py`.

    planned -> armed (undo record on disk) -> injected -> verified | unverified -> healing -> healed -> recovered

`lifecycle.py` walks a fault through these states; `undo.py` keeps the records that make healing possible after a crash;
`observe.py` holds the observations that say, independently of the injector, that a fault bit.
"""
