"""kedro-flights.py <flights.parquet> <folder>: the pipeline of peers.ts in Kedro, with Polars as its users write it, one node after the other.

Prints the rows of each asset as JSON.
"""

import json
import logging
import os
import sys

import report_usage  # noqa: F401

raw, out = sys.argv[1:3]

import polars as pl  # noqa: E402
from kedro.io import DataCatalog  # noqa: E402
from kedro.pipeline import node, pipeline  # noqa: E402
from kedro.runner import SequentialRunner  # noqa: E402

# It would print several lines for each node.
logging.getLogger("kedro").setLevel(logging.WARNING)

rows: dict[str, int] = {}


def judge(name: str, failed: int) -> None:
    if failed > 0:
        raise ValueError(f"{name}: {failed} rows fail")


def clean(raw_flights: pl.DataFrame) -> pl.DataFrame:
    flights = (
        raw_flights.select(
            departed_at="date",
            flight_date=pl.col("date").dt.date(),
            origin="origin",
            destination="destination",
            distance_miles="distance",
            delay_minutes="delay",
        )
        .unique()
        .filter(pl.col("delay_minutes").is_between(-120, 1440))
    )
    rows["flights"] = flights.height
    return flights


def measured(flights: pl.DataFrame, *by: str) -> pl.DataFrame:
    return flights.group_by(*by).agg(
        flights=pl.len(),
        average_delay_minutes=pl.col("delay_minutes").mean(),
        late_share=(pl.col("delay_minutes") > 15).mean(),
    )


def by_day(flights: pl.DataFrame) -> pl.DataFrame:
    found = measured(flights, "flight_date", "origin")
    rows["daily_airport"] = found.height
    return found


def by_route(flights: pl.DataFrame) -> pl.DataFrame:
    found = measured(flights, "origin", "destination")
    rows["route"] = found.height
    return found


def check_flights(flights: pl.DataFrame) -> None:
    judge("no NULLs", flights.null_count().sum_horizontal().item())
    judge("delay_minutes", flights.filter(~pl.col("delay_minutes").is_between(-120, 1440)).height)


def check_measures(found: pl.DataFrame, *key: str) -> None:
    judge("unique", found.select(*key).is_duplicated().sum())
    judge("late_share", found.filter(~pl.col("late_share").is_between(0, 1)).height)


def check_daily(daily_airport: pl.DataFrame) -> None:
    check_measures(daily_airport, "flight_date", "origin")


def check_route(route: pl.DataFrame) -> None:
    check_measures(route, "origin", "destination")


def entry(path: str) -> dict[str, object]:
    return {
        "type": "polars.EagerPolarsDataset",
        "filepath": path,
        "file_format": "parquet",
        "save_args": {"compression": "zstd"},
    }


catalog = DataCatalog.from_config(
    {
        "raw_flights": entry(raw),
        **{name: entry(os.path.join(out, f"{name}.parquet")) for name in ("flights", "daily_airport", "route")},
    }
)
nodes = [
    node(clean, "raw_flights", "flights"),
    node(check_flights, "flights", None),
    node(by_day, "flights", "daily_airport"),
    node(check_daily, "daily_airport", None),
    node(by_route, "flights", "route"),
    node(check_route, "route", None),
]
SequentialRunner().run(pipeline(nodes), catalog)
print(json.dumps(rows))
