"""What a run says to its readers: a page for people, JUnit for CI, a short text for a job's summary.

    run folder -> evidence -> figures, series -> charts -> report.html
                     '-----> junit.xml, summary

Nothing is judged here: verdicts and reasons come from `results.json`. Counts that it does not carry (the key
figures and the charts) are read from the same evidence, and are "no data" where that evidence is missing.
"""

from tfbench.report.junit import junit
from tfbench.report.page import render
from tfbench.report.summary import summary

__all__ = ["junit", "render", "summary"]
