"""The Python half of the example `dataframe_stats`: a DataFrame that a worker of Dask holds, and what pandas says of it. Started by the
Rust half, which makes the environment: python dataframe_stats.py"""

import sys

import numpy as np
import pandas as pd
from distributed import Client, LocalCluster

ROWS = 100_000


def readings():
    random = np.random.default_rng(7)
    celsius = random.normal(11.5, 8, ROWS)
    celsius[::97] = np.nan
    errors = pd.array(random.integers(0, 50, ROWS), "Int64")
    errors[::1000] = pd.NA
    return pd.DataFrame({
        "celsius": celsius,
        "pressure": random.normal(960, 12, ROWS).astype("f4"),
        "visits": random.integers(-(2**40), 2**40, ROWS),
        "errors": errors,
        "station": random.choice(["Zürich", "Bern", "Genève"], ROWS),
    })


def main():
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        frame = client.submit(readings, pure=False)
        frame.result()
        ((worker, *_),) = client.who_has([frame]).values()
        print(worker, frame.key, flush=True)
        sys.stdin.readline()  # Rust has answered

        (table,) = client.run(lambda dask_worker: dask_worker.data["stats-of-rust"]).values()
        print(f"python sees a {type(table).__name__} of {table.num_rows} rows, and as a DataFrame:")
        stats = table.to_pandas().set_index("column")
        print(stats.to_string())

        df = frame.result()
        described = df.describe().T[["count", "mean", "min", "max", "std"]].astype("f8")
        numbers = stats.loc[described.index]
        assert (numbers["count"] == described["count"]).all()
        assert (stats["nulls"] == df.isna().sum()).all(), df.isna().sum()
        for name in ["mean", "min", "max", "std"]:
            np.testing.assert_allclose(numbers[name].astype("f8"), described[name], rtol=1e-5, err_msg=name)
        print("df.describe() says the same")


if __name__ == "__main__":
    main()
