"""correo: the mail server at the end of TicketFlow. It keeps and lists what it takes, and delivers nothing.

    app2 --SMTP--> buzon --> almacen (SQLite) <-- pagina <--HTTP-- the bench, a person

A 250 means that the mail is on disk. On demand it refuses, postpones, or hangs up after it has stored a mail,
as mail servers in the world do.
"""
