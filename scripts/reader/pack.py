"""Pack a reader into one file of int8 weights, and unpack it.

The file is an uncompressed .npz. Every matrix NAME stands as NAME (int8, the same shape) and NAME.scale (float32, one number a row):
weight[i, j] = NAME[i, j] * NAME.scale[i]. Vectors (biases, layer norms) stand as float32. Configuration and tokenizer are the embedder's.

  python pack.py final reader.npz          writes, prints size and SHA-256
  python pack.py --unpack reader.npz DIR   writes model.safetensors and config.json
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file


def quantise(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return int8 weights and a scale a row: of a few clippings the one with the least squared error."""
    top = np.abs(weight).max(1, keepdims=True) + 1e-12
    best, error = top / 127, np.full((len(weight), 1), np.inf)
    for part in (1.0, 0.97, 0.94, 0.9, 0.85):
        scale = top * part / 127
        off = ((np.clip(np.rint(weight / scale), -127, 127) * scale - weight) ** 2).sum(1, keepdims=True)
        best, error = np.where(off < error, scale, best), np.minimum(off, error)
    return np.clip(np.rint(weight / best), -127, 127).astype(np.int8), best[:, 0].astype(np.float32)


def pack(folder: Path, file: Path) -> None:
    """Write the packed file."""
    out: dict[str, np.ndarray] = {}
    for name, value in sorted(load_file(str(folder / "model.safetensors")).items()):
        if value.ndim == 2:
            out[name], out[f"{name}.scale"] = quantise(value.astype(np.float32))
        else:
            out[name] = value.astype(np.float32)
    np.savez(file, **out)
    data = file.read_bytes()
    print(f"{file}: {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}")


def write_unpacked(file: Path, folder: Path) -> None:
    """Write the float32 weights of a packed file and the configuration beside them."""
    from rag.reading.reader import unpack
    from rag.text.convert import model_folder

    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(model_folder() / "config.json", folder / "config.json")
    save_file(unpack(file), str(folder / "model.safetensors"))


def main() -> None:
    """Pack or unpack."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--unpack", action="store_true")
    args = parser.parse_args()
    (write_unpacked if args.unpack else pack)(args.source, args.target)


if __name__ == "__main__":
    main()
