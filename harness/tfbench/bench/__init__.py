"""Benchmarks (`tfbench bench`): many faults of one kind in one run, and how fast the parts are.

series.py -> a scenario with N faults -> run.py -> results.json -> recovery.py -> one row of a table
"""
