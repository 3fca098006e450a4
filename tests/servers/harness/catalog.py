"""Everything that `serve` and `install` know by name."""
from kinds import ceph, clients, doubles, mongo, postgres, snowflake, storage


def everything():
    # In the order of their install: first what proves the doubles, last what takes longest.
    things = clients.all_clients()
    things += [postgres.Postgres(major) for major in (14, 15, 16, 17, 18)]
    things += [postgres.Standby(), storage.Azurite(), mongo.MongoJavaServer(), storage.Moto(),
               snowflake.Fakesnow(), mongo.FerretDb(), ceph.Radosgw(), storage.Versitygw()]
    things += [doubles.Double(product) for product in ("sqlserver", "mongodb", "snowflake")]
    return {thing.name: thing for thing in things}


def with_needs(names, catalog):
    """The names, each after what it needs, without repetition."""
    ordered = []
    for name in names:
        for one in (*getattr(catalog[name], "needs", ()), name):
            if one not in ordered:
                ordered.append(one)
    return ordered
