"""`stampnet benchmark`: measurements of this machine, written down with what they were made on."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Benchmark(StrEnum):
    decoder = "decoder"
    parity = "parity"
    learning = "learning"
    matching = "matching"
    overlap = "overlap"
    teaching = "teaching"
    poses = "poses"
    deform = "deform"
    curve = "curve"
    settings = "settings"
    images = "images"
    devices = "devices"
    linking = "linking"
    pedestrians = "pedestrians"
    depth_gates = "depth-gates"
    simulator = "simulator"


def benchmark(
    name: Annotated[
        Benchmark,
        typer.Argument(
            help="decoder: separable stamping against the paper's convolution. "
            "parity: the authors' weights on the authors' test sets. "
            "learning: the small presets, three seeds each, half an hour. "
            "matching: speed and exactness of the search. "
            "overlap: what is missed where two objects are close. "
            "teaching: the paper's network with matching as its teacher, half an hour. "
            "poses: objects at any angle, a factor of two in size. "
            "deform: what it brings and costs to let stamps bend. "
            "curve: purity against seconds. "
            "settings: those of bending and grouping, by how well two fits agree, half an hour. "
            "images: real images without labels, beside a baseline. "
            "devices: what a GPU makes faster. "
            "pedestrians: people in real and simulated depth maps, beside simple rules. "
            "linking: ways to follow people, by density and frame rate. "
            "depth-gates: the simulator of depth maps beside reality. "
            "simulator: how fast it is, by kind of image.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("benchmarks/results"),
    weights: Annotated[
        Path | None,
        typer.Option(help="parity: the folder of the authors' files. [default: in the data home]"),
    ] = None,
) -> None:
    """Measure, print a table, and write it with date, machine and commit as Markdown and JSON, some with a
    picture.

    Example: stampnet benchmark decoder
    """
    from stampnet.benchmarks.curve import curve_table
    from stampnet.benchmarks.decoder import decoder_table
    from stampnet.benchmarks.deform import deform_table
    from stampnet.benchmarks.depth_gates import depth_gates_table
    from stampnet.benchmarks.devices import devices_table
    from stampnet.benchmarks.learning import learning_table
    from stampnet.benchmarks.linking import linking_table
    from stampnet.benchmarks.matching import matching_table
    from stampnet.benchmarks.overlap import overlap_table
    from stampnet.benchmarks.parity import parity_table
    from stampnet.benchmarks.pedestrians import people_table
    from stampnet.benchmarks.poses import poses_table
    from stampnet.benchmarks.real_images import real_images_table
    from stampnet.benchmarks.record import record
    from stampnet.benchmarks.settings import settings_table
    from stampnet.benchmarks.simulator import simulator_table
    from stampnet.benchmarks.teaching import teaching_table
    from stampnet.training.run_folder import environment

    tables = {
        Benchmark.decoder: decoder_table,
        Benchmark.parity: lambda: parity_table(weights),
        Benchmark.learning: learning_table,
        Benchmark.matching: matching_table,
        Benchmark.overlap: overlap_table,
        Benchmark.teaching: teaching_table,
        Benchmark.poses: poses_table,
        Benchmark.deform: deform_table,
        Benchmark.curve: curve_table,
        Benchmark.settings: settings_table,
        Benchmark.images: real_images_table,
        Benchmark.devices: devices_table,
        Benchmark.linking: linking_table,
        Benchmark.pedestrians: people_table,
        Benchmark.depth_gates: depth_gates_table,
        Benchmark.simulator: simulator_table,
    }
    made_on = environment()
    measured = tables[name]()
    path = record(name.value, measured, out, made_on)
    print(path.read_text(encoding="utf-8"))
    print(f"written: {path}")
