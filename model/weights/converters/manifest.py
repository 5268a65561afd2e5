"""The weights manifest of TensorFlow.js: tensors one after another in binary shards, described by
JSON.

Only reading arrays lives here; what they mean belongs to the modules that ask. Format: the
`weightsManifest` part of the TensorFlow.js model format; face-api publishes the same lists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from data_cleaning.errors import WeightsBroken
from data_cleaning.json_types import JsonObject

STORED_TYPES: dict[str, np.dtype[np.generic]] = {
    "float32": np.dtype("<f4"),
    "int32": np.dtype("<i4"),
    "uint8": np.dtype("u1"),
}


def read_manifest(
    groups: Sequence[JsonObject], members: Mapping[str, bytes]
) -> dict[str, np.ndarray]:
    """Return every tensor of the manifest by name: float32, or int32 where it says so and is not
    quantised.

    `groups` is the parsed manifest, `members` the shards by file name. Raises WeightsBroken for a
    number format other than float32, int32 and uint8-quantised, and for a shard that is shorter or
    longer than described.
    """
    tensors: dict[str, np.ndarray] = {}
    for group in groups:
        shards = b"".join(members[path] for path in group["paths"])
        offset = 0
        for entry in group["weights"]:
            tensors[entry["name"]], offset = _read_tensor(entry, shards, offset)
        if offset != len(shards):
            raise WeightsBroken(
                f"the manifest describes {offset} bytes of weights, there are {len(shards)}"
            )
    return tensors


def _read_tensor(entry: JsonObject, shards: bytes, offset: int) -> tuple[np.ndarray, int]:
    quantisation = entry.get("quantization")
    stored_as = quantisation["dtype"] if quantisation else entry["dtype"]
    if stored_as not in STORED_TYPES:
        known = ", ".join(STORED_TYPES)
        raise WeightsBroken(f"{entry['name']}: number format {stored_as}, expected one of {known}")
    dtype = STORED_TYPES[stored_as]
    count = int(np.prod(entry["shape"], dtype=np.int64))
    end = offset + count * dtype.itemsize
    if end > len(shards):
        raise WeightsBroken(
            f"{entry['name']} ends at byte {end}, there are {len(shards)} bytes of weights"
        )
    values = np.frombuffer(shards, dtype, count, offset)
    if quantisation:
        scale, lowest = np.float32(quantisation["scale"]), np.float32(quantisation["min"])
        values = values.astype(np.float32) * scale + lowest
    return values.reshape(entry["shape"]), end
