"""Files of depth frames and a camera file to a run folder whose stamps are people seen from above."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from stampnet.data.depth_frames import depth_frames
from stampnet.data.overhead_depth.camera import Camera, read_cameras
from stampnet.errors import InputError
from stampnet.pedestrians.background import FRAMES, background_mm
from stampnet.pedestrians.calibration import calibrated
from stampnet.pedestrians.fitting import (
    MAPS_AT_MOST,
    check_frames,
    maps_to_learn_from,
    model_for,
    to_tensor,
    training_on,
)
from stampnet.pedestrians.heads import UNCORRECTED
from stampnet.pedestrians.localizer import localizer
from stampnet.pedestrians.points import Depth, ground_under
from stampnet.pedestrians.site_folder import Site, save_site
from stampnet.run import NUM_SAMPLES
from stampnet.training.config import Hardware
from stampnet.training.fit import fit
from stampnet.training.fitted import Fitted
from stampnet.training.run_folder import CONFIG, RunConfig, save_config, save_model
