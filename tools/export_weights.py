"""Turn the generator of a checkpoint into weights that come with the course.

    python tools/export_weights.py CHECKPOINT NAME "the command that trained it"

Writes gancourse/weights/NAME.safetensors in float16, with the network's settings and the command in its header.
"""

import argparse
import re
from pathlib import Path

import torch
from safetensors.torch import save_file

from gancourse.checkpoint import load_checkpoint
from gancourse.weights import FOLDER


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("name")
    parser.add_argument("command")
    options = parser.parse_args()

    checkpoint = load_checkpoint(options.checkpoint)
    description = checkpoint["settings"]["generator"]  # "DCGANGenerator(latent_size=100, image_size=64, width=32)"
    settings = dict(re.findall(r"(\w+)=(\w+)", description))
    weights = {
        name: value.half().contiguous() if value.is_floating_point() else value.contiguous()
        for name, value in checkpoint["parts"]["generator"].items()
    }
    path = FOLDER / f"{options.name}.safetensors"
    save_file(weights, path, {**settings, "steps": str(checkpoint["step"]), "command": options.command})
    worst = max((value.float() - checkpoint["parts"]["generator"][name]).abs().max() for name, value in weights.items())
    print(
        f"{path}: {path.stat().st_size / 1e6:.1f} MB, {description}; float16 moved no weight by more than {worst:.1e}."
    )


if __name__ == "__main__":
    with torch.no_grad():
        main()
