"""Files of trajectories, each written and read: text and CSV grow row by row, HDF5 and SQLite are written whole."""
