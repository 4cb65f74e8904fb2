"""What must hold: `expectations` of a scenario and `invariants` of the system, judged from what is on disk.

    Check(id, needs, judge: RunData -> Finding)  --registry.py-->  judged(run, id) -> Finding, always

To add one: write the function, its sentences in `texts.yaml` (`check.<id>`), a row in `registry.py`, and
tests with a good history and a bad one.
"""
