import os
import time
from pathlib import Path

import pandas as pd
from pyarrow import fs

bucket = fs.S3FileSystem(
    endpoint_override=os.environ["PLANETS_ENDPOINT"],
    access_key=hex_secrets["PLANETS_KEY_ID"],
    secret_key=hex_secrets["PLANETS_SECRET_KEY"],
)
published = os.environ["PLANETS_BUCKET"] + "/planets/planet_data.csv"

if hex_run_context == "logic":
    for second in range(sleep_time):
        hex_progress(second / sleep_time, "Simulating heavy compute")
        time.sleep(1)
    planets = pd.read_csv(Path(__file__).parents[3] / "data" / "planets.csv")
    with bucket.open_output_stream(published) as file:
        planets.to_csv(file, index=False)
else:
    with bucket.open_input_stream(published) as file:
        planets = pd.read_csv(file)
