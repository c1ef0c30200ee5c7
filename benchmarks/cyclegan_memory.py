"""How much memory one training step of a CycleGAN takes: python -m benchmarks.cyclegan_memory

Size by batch by precision, with as many residual blocks as the paper takes at that size: 6 up to 128 px, 9 from 256 px.
Each row is a process of its own, which takes two steps of random pictures: at the second, Adam's averages are there
too.  On a CPU the figure is the most that the process held, less what it held before it had networks; on a GPU the most
that PyTorch had allocated.  The step is the plain one; nothing is saved by tricks.
"""

import argparse
import resource
import subprocess
import sys
from itertools import chain
from pathlib import Path

import torch

from benchmarks.step_speed import processor
from gancourse.hardware import DEVICES, Hardware
from gancourse.networks import PatchDiscriminator, ResNetGenerator
from gancourse.progress import progress_bar
from gancourse.steps import cycle_generators_step, domain_discriminator_step

SIZES, BATCHES, PRECISIONS = (64, 128, 256), (1, 2, 4), ("float32", "bfloat16")


def blocks_for(image_size: int) -> int:
    """The paper's rule, which names only these two sizes (Zhu et al. 2017, §4 and §7.2)."""
    return 6 if image_size <= 128 else 9


def resident() -> int:
    """Bytes that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def measure(image_size: int, batch_size: int, precision: str, device: str) -> float:
    """The peak of two steps, in GB (10⁹ bytes)."""
    hardware = Hardware(device, precision)
    on_gpu = hardware.device.type == "cuda"
    before = 0 if on_gpu else resident()
    photo_to_monet, monet_to_photo = (hardware.place(ResNetGenerator(blocks_for(image_size))) for _ in range(2))
    monet_discriminator, photo_discriminator = (hardware.place(PatchDiscriminator(3)) for _ in range(2))
    weights = chain(photo_to_monet.parameters(), monet_to_photo.parameters())
    generators_optimiser, monet_optimiser, photo_optimiser = (
        hardware.adam(some, 2e-4, (0.5, 0.999))
        for some in (weights, monet_discriminator.parameters(), photo_discriminator.parameters())
    )
    photos, monets = (hardware.send(torch.rand(batch_size, 3, image_size, image_size) * 2 - 1) for _ in range(2))
    for _ in range(2):
        with hardware.autocast():
            result = cycle_generators_step(
                photo_to_monet, monet_to_photo, monet_discriminator, photo_discriminator, generators_optimiser,
                photos, monets, update=hardware.update,
            )  # fmt: skip
        for discriminator, optimiser, real_images, way in (
            (monet_discriminator, monet_optimiser, monets, result.monet_way),
            (photo_discriminator, photo_optimiser, photos, result.photo_way),
        ):
            with hardware.autocast():
                domain_discriminator_step(discriminator, optimiser, real_images, way.fakes, update=hardware.update)
    if on_gpu:
        return torch.cuda.max_memory_allocated(hardware.device) / 1e9
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return (peak - before) / 1e9


def too_much(answer: subprocess.CompletedProcess[str]) -> str:
    """What the table says of a row that ended for want of memory.  Ends with the row's error for any other end."""
    killed = answer.returncode in (-9, 137)
    if killed or "out of memory" in answer.stderr or "can't allocate memory" in answer.stderr:
        return "more than there is"
    raise SystemExit(answer.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=DEVICES, default="auto")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="PX")
    parser.add_argument("--batches", type=int, nargs="+", default=BATCHES, metavar="N")
    parser.add_argument("--row", nargs=3, help=argparse.SUPPRESS)  # what the processes are started with
    options = parser.parse_args()
    if options.row:
        size, batch, precision = options.row
        print(measure(int(size), int(batch), precision, options.device))
        return

    hardware = Hardware(options.device)
    where = processor() if hardware.device.type == "cpu" else str(hardware)
    print(f"{where}, torch {torch.__version__}, GB at most in one training step\n")
    print("| size | blocks | batch | " + " | ".join(PRECISIONS) + " |\n|" + "---|" * (3 + len(PRECISIONS)))
    rows = [(size, batch) for size in options.sizes for batch in options.batches]
    for size, batch in progress_bar(rows, desc="measuring", unit="row"):
        found = []
        for precision in PRECISIONS:
            command = [sys.executable, "-m", "benchmarks.cyclegan_memory", "--device", options.device]
            command += ["--row", str(size), str(batch), precision]
            answer = subprocess.run(command, capture_output=True, text=True)
            found.append(f"{float(answer.stdout):.2f}" if answer.returncode == 0 else too_much(answer))
        print(f"| {size} px | {blocks_for(size)} | {batch} | " + " | ".join(found) + " |", flush=True)


if __name__ == "__main__":
    main()
