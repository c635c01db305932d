import time
from pathlib import Path

import pandas as pd
from hex_runtime import cached

CATALOGUE = Path(__file__).parents[3] / "data" / "planets.csv"


@cached("planets/planet_data")
def planets(sleep_time: int, *, progress):
    for second in range(sleep_time):
        progress(second / sleep_time, "Simulating heavy compute")
        time.sleep(1)
    progress(1, "Reading the catalogue")
    return pd.read_csv(CATALOGUE).rename(columns={"number": "planets_in_system"})
