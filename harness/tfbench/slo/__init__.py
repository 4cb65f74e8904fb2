"""What is acceptable: SLA and SLO tables read from OpenSLO documents (`openslo`), and how they are judged."""
