"""Starting weights."""

from torch import nn


def initialise_weights(module: nn.Module, std: float = 0.02) -> None:
    """Draw the starting weights of every convolution and batch norm inside `module`, in place.

    Convolutions, transposed or not: weights from N(0, std), biases 0.
    Batch norms: scales from N(1, std), shifts 0.  A scale drawn around 0 would switch its layer off.
    The networks call this in their constructors, so that it cannot be forgotten.
    (Radford et al. 2016, §4; the scales follow the authors' code.)
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(layer.weight, 0.0, std)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1.0, std)
            nn.init.zeros_(layer.bias)
