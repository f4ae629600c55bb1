"""The Python half of the example `records_to_pandas`: an unmodified `distributed` decodes what Rust wrote as a dict of
columns, and pandas makes a DataFrame of it. Started by the Rust half, which makes the environment:
python records_to_pandas.py FILE"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from distributed.protocol import deserialize_bytes, to_serialize
from distributed.protocol.serialize import serialize_bytes


def columns(frame):
    """The same back: an array each, NaN behind a mask where Rust has an `Option`, and text in lists with None."""
    result = {}
    for name, column in frame.items():
        if column.dtype == "str":
            result[name] = [None if pd.isna(text) else text for text in column]
        else:
            result[name] = column.to_numpy()
    result["drift"] = np.ma.masked_invalid(result["drift"])
    return result


def main():
    file = Path(sys.argv[1])
    frame = pd.DataFrame(deserialize_bytes(file.read_bytes()))
    print("python sees", frame, "", "of the dtypes", frame.dtypes.to_string(), sep="\n")

    bad = columns(frame[~frame["ok"]])
    # Text by msgpack: Dask would pickle it otherwise, and Rust does not read pickles yet.
    file.write_bytes(serialize_bytes(to_serialize(bad), serializers=("dask", "msgpack")))


main()
