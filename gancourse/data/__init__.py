"""The course's pictures and points: one call a set, the real one where it is on the disk, else its drawn twin."""

from gancourse.data.downloads import download
from gancourse.data.files import open_image
from gancourse.data.images import CelebAFaces, DrawnFaces, centre_square, faces, to_float, to_uint8
from gancourse.data.pairs import DrawnFacades, FacadesPairs, facades, jitter
from gancourse.data.plane import line, ring, ring_modes, two_moons
from gancourse.data.unpaired import DrawnLandscapes, UnpairedImages, monet2photo

__all__ = [
    "CelebAFaces",
    "DrawnFacades",
    "DrawnFaces",
    "DrawnLandscapes",
    "FacadesPairs",
    "UnpairedImages",
    "centre_square",
    "download",
    "facades",
    "faces",
    "jitter",
    "line",
    "monet2photo",
    "open_image",
    "ring",
    "ring_modes",
    "to_float",
    "to_uint8",
    "two_moons",
]
