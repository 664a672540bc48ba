# The other side of the benchmark of the catalog: Kedro's own loader on the same 1,000 entries. Prints milliseconds.
import sys
import time

from kedro.config import OmegaConfigLoader

conf = sys.argv[1]
started = time.perf_counter()
catalog = OmegaConfigLoader(conf_source=conf, base_env="base", default_run_env="base")["catalog"]
elapsed = (time.perf_counter() - started) * 1000
assert len(catalog) == 1000, len(catalog)
print(elapsed)
