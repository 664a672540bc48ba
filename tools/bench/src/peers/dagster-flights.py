"""dagster-flights.py <flights.parquet> <folder>: the pipeline of peers.ts in Dagster, in process, with its history in SQLite; DuckDB computes.

Prints the rows of each asset as JSON.
"""

import json
import os
import sys

import report_usage  # noqa: F401

raw, out = sys.argv[1:3]
os.environ["DAGSTER_HOME"] = os.path.join(out, "dagster")
os.makedirs(os.environ["DAGSTER_HOME"])

import duckdb  # noqa: E402
from dagster import AssetCheckResult, DagsterInstance, MaterializeResult, asset, asset_check, materialize  # noqa: E402

engine = duckdb.connect(":memory:")
engine.execute("set preserve_insertion_order = false")


def path(name: str) -> str:
    return os.path.join(out, f"{name}.parquet")


def write(name: str, select: str) -> MaterializeResult:
    (rows,) = engine.execute(
        f"copy ({select}) to '{path(name)}' (format parquet, compression zstd, parquet_version v2)"
    ).fetchone()
    return MaterializeResult(metadata={"rows": rows})


def judge(text: str) -> AssetCheckResult:
    (failed,) = engine.execute(text).fetchone()
    return AssetCheckResult(passed=failed == 0, metadata={"failed_rows": failed})


def unique(name: str, key: str) -> AssetCheckResult:
    return judge(f"select count(*) from (select 1 from '{path(name)}' group by {key} having count(*) > 1)")


def none(name: str, condition: str) -> AssetCheckResult:
    return judge(f"select count(*) from '{path(name)}' where {condition}")


@asset
def flights():
    return write(
        "flights",
        f"""select * from (select distinct date as departed_at, date::date as flight_date, origin, destination,
              distance as distance_miles, delay as delay_minutes from '{raw}')
            where delay_minutes between -120 and 1440""",
    )


@asset(deps=[flights])
def daily_airport():
    return write(
        "daily_airport",
        f"""select flight_date, origin, count(*) as flights, avg(delay_minutes) as average_delay_minutes,
              avg((delay_minutes > 15)::int) as late_share
            from '{path("flights")}' group by flight_date, origin""",
    )


@asset(deps=[flights])
def route():
    return write(
        "route",
        f"""select origin, destination, count(*) as flights, avg(delay_minutes) as average_delay_minutes,
              avg((delay_minutes > 15)::int) as late_share
            from '{path("flights")}' group by origin, destination""",
    )


@asset_check(asset=flights, blocking=True)
def flights_are_whole():
    return none(
        "flights",
        "departed_at is null or flight_date is null or origin is null or destination is null"
        " or distance_miles is null or delay_minutes is null",
    )


@asset_check(asset=flights, blocking=True)
def delays_are_likely():
    return none("flights", "delay_minutes < -120 or delay_minutes > 1440")


@asset_check(asset=daily_airport, blocking=True)
def one_row_per_day_and_airport():
    return unique("daily_airport", "flight_date, origin")


@asset_check(asset=daily_airport, blocking=True)
def daily_share_is_a_share():
    return none("daily_airport", "late_share < 0 or late_share > 1")


@asset_check(asset=route, blocking=True)
def one_row_per_route():
    return unique("route", "origin, destination")


@asset_check(asset=route, blocking=True)
def route_share_is_a_share():
    return none("route", "late_share < 0 or late_share > 1")


result = materialize(
    [
        flights,
        daily_airport,
        route,
        flights_are_whole,
        delays_are_likely,
        one_row_per_day_and_airport,
        daily_share_is_a_share,
        one_row_per_route,
        route_share_is_a_share,
    ],
    instance=DagsterInstance.get(),
    # It would print each event.
    run_config={"loggers": {"console": {"config": {"log_level": "ERROR"}}}},
)
checks = result.get_asset_check_evaluations()
if not result.success or len(checks) != 6 or not all(check.passed for check in checks):
    raise SystemExit("the run is not whole")
names = ("flights", "daily_airport", "route")
print(json.dumps({name: engine.execute(f"select count(*) from '{path(name)}'").fetchone()[0] for name in names}))
