"""People of successive frames to trajectories, in metres on the ground: people, linking, smoothing, files, streams."""
