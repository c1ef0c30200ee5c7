"""Turn a network that was trained into weights that come with the course.

    python tools/export_weights.py SOURCE NAME "the command that trained it"

SOURCE is a generator's snapshot, RUN/snapshots/step_0007000.safetensors, or RUN/checkpoint.pt, of which the
discriminator is taken.  Writes gancourse/weights/NAME.safetensors in float16, with the settings, the step and the
command in its header.
"""

import argparse
from pathlib import Path

from gancourse.checkpoint import load_checkpoint, load_weights, save_weights
from gancourse.evaluate import load_discriminator
from gancourse.weights import FOLDER, load_face_generator, load_translator


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("name")
    parser.add_argument("command")
    options = parser.parse_args()

    path = FOLDER / f"{options.name}.safetensors"
    if options.source.suffix == ".safetensors":
        _, header = load_weights(options.source)
        load = load_face_generator if header["network"] == "DCGANGenerator" else load_translator
        notes = {name: header[name] for name in ("step", "direction", "image_size") if name in header}
        save_weights(path, load(options.source), command=options.command, **notes)
    else:
        step = str(load_checkpoint(options.source)["step"])
        save_weights(path, load_discriminator(options.source.parent), step=step, command=options.command)
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
