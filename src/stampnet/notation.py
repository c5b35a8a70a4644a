"""The letters and tensors of the paper, written down once.

| letter | meaning                                                                   | paper's symbol         |
|--------|---------------------------------------------------------------------------|------------------------|
| B      | images in a batch                                                         | -                      |
| C      | channels: 1 for grey, 3 for colour                                        | -                      |
| H, W   | height and width of an image in pixels                                    | H, W                   |
| h, w   | height and width of a stamp in pixels                                     | h, w                   |
| N      | stamps (prototypes) that may be learned                                   | N                      |
| M      | slots: at most this many stamps are pressed on one image                  | M                      |
| Y, X   | rows and columns at which a stamp may start: Y = H - h + 1, X = W - w + 1 | 0 <= x <= H - h + 1    |
| G      | true objects of an image (data and metrics only)                          | -                      |

Positions run from 0 to H - h, which are Y values; the range printed in the paper, 0 to H - h + 1, is one too many.
A position is that of the top-left corner of a stamp. In code it is (row, column); in files it is (x, y).
"""

import numpy as np
from jaxtyping import Float, Int, Real
from torch import Tensor

Images = Float[Tensor, "B C H W"]
"""Images with values in [0, 1]; in matching above or below their background, in [-1, 1]."""

Stamps = Float[Tensor, "N C h w"]
"""The prototypes, values like those of images: the kernels of the paper's stamp layer (section 3.4)."""

Windows = Float[Tensor, "K C h w"]
"""Cut-outs of the size of a stamp."""

Features = Float[Tensor, "B F"]
"""What the encoder knows about an image (section 3.1)."""

Boxes = Real[np.ndarray, "*shape 4"]
"""Corners x0, y0, x1, y1 in pixels, half-open: a 28 x 28 stamp at row 2, column 5 is (5, 2, 33, 30)."""

Labels = Int[np.ndarray, "*shape"]
"""Numbers of stamps or classes; -1 where there is no object."""
