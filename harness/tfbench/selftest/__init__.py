"""The instrument tested on a patient whose illness is known: a server that is ill when told.

    server (own process, logs what truly happened)  <- the real load process -> run folder -> the real judge
            '------------------- truth ------------------------------------> compared, one row of a table each

Nothing here is simulated between the request and the verdict; only the system under test is ours.
"""
