"""Imported first by what is measured: writes what the process cost when it exits, as report-usage.mjs does for Node."""

import atexit
import json
import os
import resource


def report() -> None:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    with open(os.environ["LEVADA_BENCH_USAGE"], "w") as file:
        json.dump({"cpuMs": (usage.ru_utime + usage.ru_stime) * 1000, "peakMiB": usage.ru_maxrss / 1024}, file)


if "LEVADA_BENCH_USAGE" in os.environ:
    atexit.register(report)
