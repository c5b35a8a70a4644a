"""The authors' released Keras files to a network.

Layout of the files: Keras 2.2 weights in HDF5, one group a layer; see the table of layers in `_layers`. A kernel
(kh, kw, in, out) of Keras is (out, in, kh, kw) in PyTorch; the kernel of the stamp layer is flipped, because the
authors print stamps by a convolution.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from stampnet.errors import InputError
from stampnet.model.network import NetworkConfig, StampNetwork

if TYPE_CHECKING:
    import h5py


def import_weights(weights: Path, config: Path) -> StampNetwork:
    """The network of a released pair: weights (.hdf5) and configuration (.json), ready to detect.

    Raises InputError where a file is missing, is not of that format, or the two do not belong together.
    """
    try:
        import h5py  # an extra: only this importer reads HDF5
    except ImportError as error:
        raise InputError("reading Keras weights needs h5py: pip install 'stampnet[keras]'") from error
    network = StampNetwork(_network_config(config))
    try:
        with h5py.File(weights) as file:
            _copy(file, network)
    except FileNotFoundError as error:
        raise InputError(f"there is no file {weights}; give the path of the .hdf5 file") from error
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        reason = str(error).strip("'\"").splitlines()[0]
        raise InputError(
            f"{weights} does not hold the weights that {config} describes ({reason}); give the two files of one run"
        ) from error
    return network.eval()


def _network_config(path: Path) -> NetworkConfig:
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))["layer_parameters"]
        sizes: Mapping[str, Any] = settings["input_parameters"]
        encoder: Mapping[str, Any] = settings["encoder_parameters"]
        decoder: Mapping[str, Any] = settings["decoder_parameters"]
        return NetworkConfig(
            image_size=(sizes["img_rows"], sizes["img_cols"]),
            num_channels=sizes["img_channels"],
            stamp_size=(decoder["stamp_size"], decoder["stamp_size"]),
            num_stamps=decoder["nr_of_stamps"],
            max_shapes=decoder["stamps_per_canvas"],
            block_channels=tuple(encoder["conv_layer_sizes"]),
            num_features=encoder["final_conv_size"],
            head_features=decoder["decoder_enc_size"],
            dropout=encoder["encoder_dropout_rate"],
        )
    except FileNotFoundError as error:
        raise InputError(f"there is no file {path}; give the path of the run's .json file") from error
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} is not a configuration of the authors' code ({error}); give the .json file beside the weights"
        ) from error


def _layers(network: StampNetwork) -> list[tuple[str, nn.Module, nn.Module]]:
    """Number in the Keras names, the layer and the batch normalisation after it.

    The first layers of the heads come in the order stamp, y, x; the logits in the order y, x, stamp.
    """
    blocks = [(block[0], block[2]) for block in network.encode.blocks]  # type: ignore[index]
    summary = (network.encode.summary[0], network.encode.summary[2])
    heads = network.decide
    first = [(head[0], head[2]) for head in (heads.stamp, heads.row, heads.column)]
    logits = [(head[3], head[5]) for head in (heads.row, heads.column, heads.stamp)]
    pairs = [*blocks, summary, *first, *logits]
    return [(str(number), *pair) for number, pair in enumerate(pairs, start=1)]


def _copy(file: "h5py.File", network: StampNetwork) -> None:
    layers = _layers(network)
    last = len(layers)
    named = {str(last - 2): "pre-softmax_y", str(last - 1): "pre-softmax_x", str(last): "pre-softmax_stamp"}
    for number, layer, norm in layers:
        # One of the released runs names the layers of its logits, the others number them.
        name = f"conv2d_{number}" if f"conv2d_{number}" in file else named.get(number, f"conv2d_{number}")
        kernel = _read(file, name, "kernel")  # kh kw in out
        kernel = kernel.permute(3, 2, 0, 1)
        _set(layer.weight, kernel[:, :, 0, 0] if isinstance(layer, nn.Linear) else kernel, name)
        _set(layer.bias, _read(file, name, "bias"), name)
        name = f"batch_normalization_{number}"
        for ours, theirs in (
            (norm.weight, "gamma"),
            (norm.bias, "beta"),
            (norm.running_mean, "moving_mean"),
            (norm.running_var, "moving_variance"),
        ):
            _set(ours, _read(file, name, theirs), name)
    kernel = _read(file, "stamp_layer", "kernel")  # h w N C
    _set(network.stamp.stamps, kernel.flip(0, 1).permute(2, 3, 0, 1), "stamp_layer")


def _read(file: "h5py.File", layer: str, weight: str) -> torch.Tensor:
    return torch.from_numpy(np.asarray(file[f"{layer}/{layer}/{weight}:0"], dtype=np.float32))


@torch.no_grad()
def _set(ours: Any, theirs: torch.Tensor, layer: str) -> None:
    if ours.shape != theirs.shape:
        raise ValueError(f"layer {layer} has shape {tuple(theirs.shape)}, expected {tuple(ours.shape)}")
    ours.copy_(theirs)
