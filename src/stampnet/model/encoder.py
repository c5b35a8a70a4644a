"""Image to features: the VGG-like encoder (section 3.1)."""

from math import ceil

from torch import nn

from stampnet.notation import Features, Images

LEAKY_SLOPE = 0.3
BATCH_NORM_EPS = 1e-3
BATCH_NORM_MOMENTUM = 0.01  # 0.99 in Keras' way of counting


class Encoder(nn.Module):
    """Blocks of convolution, LeakyReLU, batch normalisation, dropout and pooling, then one convolution over all.

    The paper gives the order of ideas; widths, kernels and the last convolution are those of the authors' code. Every
    block halves the map, rounding up; the kernel of the last convolution is what is then left, so that any image size
    ends in one vector of `num_features` numbers.
    """

    def __init__(
        self,
        num_channels: int,
        image_size: tuple[int, int],
        block_channels: tuple[int, ...],
        num_features: int,
        dropout: float,
    ) -> None:
        super().__init__()
        height, width = image_size
        blocks = []
        incoming = num_channels
        for outgoing in block_channels:
            blocks.append(
                nn.Sequential(
                    nn.Conv2d(incoming, outgoing, kernel_size=3, padding=1),
                    nn.LeakyReLU(LEAKY_SLOPE),
                    nn.BatchNorm2d(outgoing, eps=BATCH_NORM_EPS, momentum=BATCH_NORM_MOMENTUM),
                    nn.Dropout(dropout),
                    # Keras pads an odd side at the bottom and right, which is what ceil_mode does.
                    nn.MaxPool2d(2, ceil_mode=True),
                )
            )
            incoming, height, width = outgoing, ceil(height / 2), ceil(width / 2)
        self.blocks = nn.Sequential(*blocks)
        self.summary = nn.Sequential(
            nn.Conv2d(incoming, num_features, kernel_size=(height, width)),
            nn.LeakyReLU(LEAKY_SLOPE),
            nn.BatchNorm2d(num_features, eps=BATCH_NORM_EPS, momentum=BATCH_NORM_MOMENTUM),
            nn.Dropout(dropout),
            nn.Flatten(),
        )

    def forward(self, images: Images) -> Features:
        return self.summary(self.blocks(images))
