"""What a generator makes, seen from outside its training: it is left as it was."""

import torch
from torch import Tensor, nn

from gancourse.steps import frozen


@torch.no_grad()
def sample(generator: nn.Module, latents: Tensor) -> Tensor:
    """What the generator makes of latents (N, latent_size), on the CPU, with its batch norms' running averages."""
    training = generator.training
    outputs = generator.eval()(latents).float().cpu()
    generator.train(training)
    return outputs


@torch.no_grad()
def translate(generator: nn.Module, pictures: Tensor, train_statistics: bool = False, seed: int = 0) -> Tensor:
    """What a translator makes of pictures (N, 3, H, W), on the CPU: the translations (N, 3, H, W) in [-1, 1].

    train_statistics  False: the batch norms use their running averages, and nothing is random.  True: as in training,
                      each picture normalised by its own statistics, and dropout as noise, by `seed`: the paper's way
                      (Isola et al. 2017, §3.4)

    The generator is left as it was.
    """
    if not train_statistics:
        return sample(generator, pictures)
    training = generator.training
    with frozen(generator), torch.random.fork_rng(devices=[pictures.device] if pictures.is_cuda else []):
        torch.manual_seed(seed)
        made = torch.cat([generator.train()(picture).float().cpu() for picture in pictures.split(1)])
    generator.train(training)
    return made
