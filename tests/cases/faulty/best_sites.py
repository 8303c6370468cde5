"""The three best observations of several that are equally good."""

import sqlite3

con = sqlite3.connect(":memory:")
con.executescript("""
create table obs(id integer primary key, site text, val real);
""")
con.executemany("insert into obs(site,val) values(?,?)", [("nesw"[i % 4], (i * 7) % 5) for i in range(24)])


def series(con, site):
    q = "select val from obs where site=? order by val"
    return [v for (v,) in con.execute(q, (site,))]


def first(con):
    sql = "select site, val from obs order by val desc limit 3"
    return con.execute(sql).fetchall()  # expect: row-order


print(series(con, "n"))
print(first(con))
