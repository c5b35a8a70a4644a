"""Images and reconstructions to the squared error (section 3.5)."""

from jaxtyping import Float
from torch import Tensor

from stampnet.notation import Images


def squared_error(reconstruction: Images, images: Images) -> Float[Tensor, ""]:
    """Squared differences, summed over the pixels of an image, averaged over the batch: the authors' "SSE"."""
    return (reconstruction - images).square().sum(dim=(1, 2, 3)).mean()
