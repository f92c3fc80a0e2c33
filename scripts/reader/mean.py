"""Write the mean of checkpoints that were trained on from the same one (model soups: Wortsman et al., ICML 2022).

python mean.py OUT CHECKPOINT CHECKPOINT ...
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from safetensors.torch import load_file, save_file


def main() -> None:
    """Average the weights."""
    out, *folders = map(Path, sys.argv[1:])
    states = [load_file(folder / "model.safetensors") for folder in folders]
    out.mkdir(parents=True, exist_ok=True)
    save_file(
        {name: sum(state[name].float() for state in states) / len(states) for name in states[0]},
        out / "model.safetensors",
    )
    shutil.copy(folders[0] / "config.json", out)


if __name__ == "__main__":
    main()
