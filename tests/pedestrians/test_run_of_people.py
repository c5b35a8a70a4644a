"""Facts about the run folder of people: what it tells, and when it is one."""

from pathlib import Path

import numpy as np
import pytest

from command_line import typed
from stampnet.pedestrians.run import fit_site
from stampnet.pedestrians.site_folder import SITE, load_site
from stampnet.training.fitted import Fitted
from stampnet.training.run_folder import CONFIG, load_config, load_model


class CutOffError(Exception):
    """As if the program had been killed."""


def test_the_run_knows_its_seed(run: Path) -> None:
    training = load_config(run).training
    assert training is not None
    assert training.seed == 0


def test_what_was_cut_off_while_it_was_written_is_no_run(
    run: Path, recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(*_: object) -> None:
        raise CutOffError

    site = load_site(run)
    maps = np.zeros((2, *site.ground.shape), np.uint8)
    fitted = Fitted(load_model(run)[0], [], interrupted=False, is_main_process=True, warning=None)
    monkeypatch.setattr("stampnet.pedestrians.run.fitted_site", lambda *_: (fitted, site, maps))
    monkeypatch.setattr("stampnet.pedestrians.run.save_samples", cut_off)
    for _ in range(2):  # the second is not told that there is a run
        with pytest.raises(CutOffError):
            fit_site([str(recording / "depth.npy")], recording / "camera.yaml", tmp_path)
        assert (tmp_path / SITE).exists()
        assert not (tmp_path / CONFIG).exists()


def test_a_run_of_people_is_not_continued(tmp_path: Path) -> None:
    (tmp_path / SITE).write_text("")
    assert "cannot be continued" in " ".join(typed("fit", "--out", tmp_path, "--resume", code=2)[1].split())
