"""The kinds of arrival of the workload `selftest`."""

KINDS = tuple(f"probe-{number:02}" for number in range(100))
