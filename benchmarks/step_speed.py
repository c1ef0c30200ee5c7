"""How long one training step takes: the plain way, and each decision of gancourse.hardware by itself.

    python benchmarks/step_speed.py [dcgan | pix2pix] [--image-size 64 --width 64 --batch-size 64 --rounds 7]

All variants take turns, step by step, so that a busy moment hits all alike; the median is reported, and its ratio to
the plain variant's.  One thread on a CPU.
"""

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from gancourse.hardware import Hardware
from gancourse.networks import DCGANDiscriminator, DCGANGenerator, PatchDiscriminator, UNetGenerator
from gancourse.progress import progress_bar
from gancourse.steps import (
    discriminator_step,
    generator_step,
    paired_discriminator_step,
    paired_generator_step,
    update,
)


def make_step(options: argparse.Namespace, fused: bool, channels_last: bool, precision: str) -> Callable[[], None]:
    """A function that takes one training step with these decisions."""
    hardware = Hardware(options.device, precision)
    torch.manual_seed(0)
    memory_format = torch.channels_last if channels_last else torch.contiguous_format
    size, width = options.image_size, options.width
    images = torch.rand(options.batch_size, 3, size, size) * 2 - 1
    if options.network == "dcgan":
        players = DCGANGenerator(100, size, width), DCGANDiscriminator(size, width)
        latents = torch.randn(options.batch_size, 100)
        judge, make, told = discriminator_step, generator_step, ([images, latents], [latents])
    else:
        players = UNetGenerator(size, width), PatchDiscriminator(6, 3, width, "batch")
        labels = torch.rand_like(images) * 2 - 1
        judge, make, told = paired_discriminator_step, paired_generator_step, ([labels, images], [labels, images])

    def placed(tensor: Tensor) -> Tensor:
        return tensor.to(hardware.device, memory_format=memory_format if tensor.ndim == 4 else None)

    generator, discriminator = (network.to(hardware.device, memory_format=memory_format) for network in players)
    optimisers = [
        torch.optim.Adam(network.parameters(), 2e-4, (0.5, 0.999), fused=fused, foreach=False)
        for network in (discriminator, generator)
    ]
    judged, made = ([placed(tensor) for tensor in tensors] for tensors in told)
    change = update if precision == "float32" else hardware.update

    def step() -> None:
        with hardware.autocast():
            judge(generator, discriminator, optimisers[0], *judged, update=change)
        with hardware.autocast():
            make(generator, discriminator, optimisers[1], *made, update=change)
        if hardware.device.type == "cuda":
            torch.cuda.synchronize()

    return step


def processor() -> str:
    """What the processor calls itself, where it says so."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", nargs="?", choices=["dcgan", "pix2pix"], default="dcgan")
    parser.add_argument("--device", default="auto")
    for name, value in {"image-size": 64, "width": 64, "batch-size": 64, "rounds": 7}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    torch.set_num_threads(1)
    steps = {
        "plain": make_step(options, fused=False, channels_last=False, precision="float32"),
        "fused Adam": make_step(options, fused=True, channels_last=False, precision="float32"),
        "channels last": make_step(options, fused=False, channels_last=True, precision="float32"),
        "both": make_step(options, fused=True, channels_last=True, precision="float32"),
        "both, bfloat16": make_step(options, fused=True, channels_last=True, precision="bfloat16"),
        "fused Adam, bfloat16": make_step(options, fused=True, channels_last=False, precision="bfloat16"),
    }
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for turn in progress_bar(range(options.rounds + 1), desc="rounds"):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            if turn > 0:  # the first round warms up
                seconds[name].append(time.perf_counter() - start)

    where = processor() if Hardware(options.device).device.type == "cpu" else str(Hardware(options.device))
    print(f"{options.network}; {where}, 1 thread, torch {torch.__version__}; {options.image_size} px, ", end="")
    print(f"width {options.width}, batch {options.batch_size}, random pictures, {options.rounds} rounds\n")
    print("| step | median ms | of plain |\n|---|---|---|")
    plain = statistics.median(seconds["plain"])
    for name, times in seconds.items():
        median = statistics.median(times)
        print(f"| {name} | {1000 * median:.0f} | {median / plain:.2f} |")


if __name__ == "__main__":
    main()
