"""Facts about turned and scaled stamps."""

from math import sqrt

import pytest
import torch

from stampnet.errors import InputError
from stampnet.matching.matcher import MatchingConfig, StampMatcher
from stampnet.matching.poses import (
    PoseConfig,
    Poses,
    bank_of,
    composed,
    frame_size,
    pose_grid,
    posed,
    poses_of_bends,
    unposed,
)
from stampnet.model.deformation import polynomials
from stampnet.model.tone import smooth


def an_ell() -> torch.Tensor:
    """A stamp without symmetry, 1 x 1 x 20 x 20: it stands and points to the right."""
    stamp = torch.zeros(1, 1, 20, 20)
    stamp[..., 5:16, 8:11], stamp[..., 13:16, 8:15] = 1.0, 1.0
    return smooth(stamp)


def one(angle_deg: float, scale: float) -> Poses:
    return Poses(torch.tensor([angle_deg]), torch.tensor([scale]))


def test_no_pose_leaves_a_stamp_as_it_is() -> None:
    stamp = an_ell()
    torch.testing.assert_close(posed(stamp, one(0.0, 1.0), (20, 20)), stamp, atol=1e-5, rtol=0)
    framed = posed(stamp, one(0.0, 1.0), (28, 28))
    torch.testing.assert_close(framed[..., 4:24, 4:24], stamp, atol=1e-5, rtol=0)


def test_a_quarter_turn_is_counter_clockwise_on_the_screen() -> None:
    stamp = torch.zeros(1, 1, 21, 21)
    stamp[0, 0, 10, 15] = 1.0  # right of the middle
    turned = posed(stamp, one(90.0, 1.0), (21, 21))
    assert turned[0, 0, 5, 10] == pytest.approx(1.0, abs=1e-4)  # above it


def test_unposed_undoes_posed() -> None:
    stamp, pose = an_ell(), one(35.0, 1.3)
    back = unposed(posed(stamp, pose, (48, 48)), pose, (20, 20))
    assert float((back - stamp).abs().mean()) < 0.03
    assert float((back - stamp).abs().max()) < 0.4  # interpolated twice


def test_the_frame_holds_every_pose_and_shares_the_middle() -> None:
    assert frame_size((28, 28), PoseConfig(scale_range=(0.5, 2.0))) == (56, 56)
    assert frame_size((28, 28), PoseConfig(max_angle_deg=180.0, scale_range=(0.7, 1.4)))[0] >= 28 * 1.4 * sqrt(2)
    assert frame_size((27, 27), PoseConfig(max_angle_deg=180.0))[0] % 2 == 1
    assert frame_size((28, 28), PoseConfig(scale_range=(0.5, 0.9))) == (28, 28)


def test_the_bank_has_all_poses_of_the_first_stamp_first() -> None:
    stamps = torch.cat([an_ell(), 0.5 * an_ell()])
    grid = pose_grid(PoseConfig(max_angle_deg=180.0, angle_step_deg=90.0))
    bank = bank_of(stamps, grid, (20, 20))
    assert len(bank) == 8
    torch.testing.assert_close(bank[4:], 0.5 * bank[:4])
    torch.testing.assert_close(bank[2], stamps[0], atol=1e-5, rtol=0)  # 0 degrees come third


def test_a_linear_bend_is_told_as_angle_and_scale() -> None:
    basis = polynomials((20, 20), "smooth")
    linear = 1.1 * torch.tensor([[0.98, -0.199], [0.199, 0.98]])  # 11.5 degrees
    middle = torch.arange(20.0) - 9.5
    place = torch.stack(torch.meshgrid(middle, middle, indexing="ij")).flatten(1)
    field = linear @ place - place
    bends = (field @ basis.T / basis.shape[1])[None]
    found = poses_of_bends(bends, basis, (20, 20))
    assert float(found.angle_deg) == pytest.approx(11.48, abs=0.1)
    assert float(found.scale) == pytest.approx(1.1, abs=0.01)


@pytest.mark.parametrize(
    ("angle", "scale", "scales"),
    [
        (70.0, 1.2, (0.7, 1.4)),
        (-130.0, 0.8, (0.7, 1.4)),
        (180.0, 1.0, (0.7, 1.4)),
        (40.0, 0.6, (0.5, 0.7)),  # the frame of such poses is no larger than the stamp
    ],
)
def test_the_matcher_finds_how_an_object_is_turned_and_scaled(
    angle: float, scale: float, scales: tuple[float, float]
) -> None:
    pose = PoseConfig(max_angle_deg=180.0, scale_range=scales)
    matcher = StampMatcher(
        MatchingConfig(image_size=(70, 60), stamp_size=(20, 20), num_stamps=1, max_shapes=1, deform="affine", pose=pose)
    )
    with torch.no_grad():
        matcher.stamp.stamps.copy_(an_ell())
        matcher.locators.copy_(an_ell())
    image = torch.zeros(1, 1, 70, 60)
    image[..., 10:58, 8:56] = posed(an_ell(), one(angle, scale), (48, 48))
    state = matcher.explain(image)
    rest = poses_of_bends(state.bends[:, 0], matcher.stamp.basis, (20, 20))
    assert state.poses is not None
    found = composed(Poses(*(one[:, 0] for one in state.poses)), rest)
    assert float((found.angle_deg - angle + 180) % 360 - 180) == pytest.approx(0, abs=3)
    assert float(found.scale) == pytest.approx(scale, rel=0.06)
    left = (matcher.reconstruction(state, image) - image).square().sum()
    assert float(left) < 0.1 * float(image.square().sum())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_angle_deg": 200.0}, "max_angle must be between 0 and 180 degrees, got 200"),
        ({"scale_range": (2.0, 0.5)}, "scale_range must be two rising factors between 0.1 and 10, got 2.0 to 0.5"),
        ({"scale_step": 1.0}, "scale_step above 1"),
    ],
)
def test_senseless_ranges_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        PoseConfig(**settings)  # type: ignore[arg-type]
