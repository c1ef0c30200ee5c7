"""The features that papers report their FID and KID over: those of one particular Inception network."""

import hashlib
from pathlib import Path

import torch
from torch import Tensor, nn

from gancourse.data import to_uint8
from gancourse.data.catalogue import data_folder
from gancourse.errors import CourseError
from gancourse.progress import progress_bar

DIGEST = "6726825d"  # how the weights' SHA-256 begins; their file name says it too
WEIGHTS = f"inception-2015-12-05-{DIGEST}.pth"  # behind "weights-", or behind "pt_" where pytorch-fid passes them on
HOW_TO_GET = (
    f"Get weights-{WEIGHTS} (95 MB) from the project torch-fidelity on GitHub, toshas/torch-fidelity, where it belongs "
    "to release v0.2.0"
)


@torch.no_grad()
def inception_features(
    images: Tensor, weights: Path | str | None = None, batch_size: int = 32, progress: bool = True
) -> Tensor:
    """What Inception-v3 makes of images (N, 3, H, W) in [-1, 1] before it names them: features (N, 2048), on the CPU.

    The network and its resizing to 299 px are torch-fidelity's, equal to the original TensorFlow code's, so distances
    over these features can stand beside published ones of the same N.  It runs where the images are.

    `weights` is its file; without it the data folder is searched.  Nothing is ever downloaded.  Raises CourseError,
    saying what to get and where to put it, where library or file is missing, and for a file that is not the one.
    (Heusel et al. 2017, under "Performance Measure".)
    """
    if images.ndim != 4 or images.shape[1] != 3 or len(images) == 0:
        raise CourseError(f"inception_features takes images (N, 3, H, W); these are {tuple(images.shape)}.")
    network = load_inception(find_weights(weights)).to(images.device)
    with progress_bar(total=len(images), show=progress, desc="Inception", unit="picture", leave=False) as bar:
        features = []
        for batch in images.split(batch_size):
            features.append(network(to_uint8(batch))[0].cpu())
            bar.update(len(batch))
    return torch.cat(features)


def find_weights(weights: Path | str | None = None) -> Path:
    """The weights' file, its digest verified.  Raises CourseError where there is none, and for another file."""
    folder = data_folder()
    found = [Path(weights).expanduser()] if weights else sorted(folder.glob(f"*{WEIGHTS}"))
    if not found or not found[0].is_file():
        where = f"There is no {found[0]}" if found else f"Inception's weights are not in {folder}"
        raise CourseError(f"{where}. {HOW_TO_GET}, and put it into {folder}, or give its path as `weights`.")
    with found[0].open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if not digest.startswith(DIGEST):
        raise CourseError(
            f"{found[0]} is damaged or another file: its SHA-256 begins with {digest[:8]}, not {DIGEST}. {HOW_TO_GET}."
        )
    return found[0]


def load_inception(path: Path) -> nn.Module:
    """torch-fidelity's network with these weights.  Raises CourseError where the library is missing."""
    try:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    except ImportError as error:
        raise CourseError("Inception needs the library torch-fidelity. Try: pip install torch-fidelity") from error
    torch.load(path, weights_only=True)  # the library would run what code the file holds; this refuses it
    return FeatureExtractorInceptionV3("inception-v3-compat", ["2048"], str(path))
