"""A camera to the rule that finds heads under it, learned on simulated people."""

from dataclasses import replace
from functools import partial

import numpy as np

from stampnet.data.overhead_depth.camera import Camera
from stampnet.data.overhead_depth.frames import FrameRecipe
from stampnet.data.overhead_depth.labels import is_person
from stampnet.data.overhead_depth.pictures import Pictures
from stampnet.data.overhead_depth.presets import Preset, Sensor
from stampnet.data.overhead_depth.site import frame_site
from stampnet.data.overhead_depth.still import make_stills
