"""Small trained networks that come with the course, each trained on a drawn twin only.

Kept as float16 safetensors, which hold numbers and nothing else.  A file's header says what the network is, and the
command that trained it; `tools/export_weights.py` writes them.
"""

from pathlib import Path

from safetensors import safe_open
from safetensors.torch import load_file

from gancourse.networks import DCGANGenerator

FOLDER = Path(__file__).parent


def load_face_generator() -> DCGANGenerator:
    """The DCGAN generator trained on the drawn faces, ready to draw: latents (N, 100) -> faces (N, 3, 64, 64)."""
    path = FOLDER / "faces.safetensors"
    with safe_open(path, framework="pt") as file:
        settings = file.metadata()
    generator = DCGANGenerator(int(settings["latent_size"]), int(settings["image_size"]), int(settings["width"]))
    generator.load_state_dict(load_file(path))
    return generator.eval()
