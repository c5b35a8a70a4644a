import pytest
import torch

from stampnet.errors import InputError
from stampnet.matching.alignment import AlignmentConfig, align, templates
from stampnet.matching.bending import compared
from stampnet.model.deformation import displacements, polynomials, warped
from stampnet.model.tone import smooth, thickening

SIZE = (24, 24)
SOFT = AlignmentConfig(affine=1e-3, smooth=1e-3, tone=1e-3, steps=15)


def bent_windows(stamps: torch.Tensor, bends: torch.Tensor, basis: torch.Tensor) -> torch.Tensor:
    return warped(stamps, displacements(bends, basis, SIZE))


@pytest.mark.parametrize("deform", ["affine", "smooth"])
def test_a_bent_stamp_is_straightened(deform, cross_and_ring):
    stamps, basis = cross_and_ring, polynomials(SIZE, deform)
    torch.manual_seed(0)
    bends = torch.randn(2, 2, len(basis))
    bends /= bends.square().sum((1, 2), keepdim=True).sqrt()  # one pixel, root mean square
    windows = smooth(bent_windows(stamps, bends, basis))
    every = torch.arange(2)
    template = templates(stamps, basis, SOFT)
    before, after = (align(windows, every, every, template, basis, steps).cost for steps in (0, SOFT.steps))
    assert (after < 0.25 * before).all()


def test_thicker_and_fainter_stamps_are_told_by_their_tones(cross_and_ring):
    stamps, basis = cross_and_ring, polynomials(SIZE, "affine")
    window = smooth(0.8 * stamps[:1]) + 0.3 * thickening(smooth(stamps[:1]))
    zero = torch.zeros(1, dtype=torch.int64)
    aligned = align(window, zero, zero, templates(stamps, basis, SOFT), basis, SOFT.steps)
    assert aligned.tones[0].tolist() == pytest.approx([0.3, -0.2], abs=0.03)


def test_more_stiffness_bends_less(cross_and_ring):
    stamps, basis = cross_and_ring, polynomials(SIZE, "smooth")
    torch.manual_seed(0)
    windows = smooth(bent_windows(stamps, 0.15 * torch.randn(2, 2, 15), basis))
    every = torch.arange(2)
    config = AlignmentConfig()
    soft, stiff = (
        align(windows, every, every, templates(stamps, basis, config, stiffness), basis, 7)
        for stiffness in (0.1, 100.0)
    )
    assert (stiff.bends.square().sum((1, 2)) < 0.1 * soft.bends.square().sum((1, 2))).all()


def test_rivals_are_the_stamps_most_alike_and_cost_tells_the_right_one(cross_and_ring):
    stamps, basis = cross_and_ring, polynomials(SIZE, "smooth")
    torch.manual_seed(1)
    windows = bent_windows(stamps, 0.2 * torch.randn(2, 2, 15), basis)
    template = templates(stamps, basis, AlignmentConfig())
    rivals, aligned = compared(windows, template, basis, AlignmentConfig())
    assert rivals.shape == (2, 2)  # no more than there are stamps
    best = aligned.cost.view(2, 2).argmin(1, keepdim=True)
    assert rivals.gather(1, best)[:, 0].tolist() == [0, 1]
    # One of two candidates goes on, and comes to the same end as if it had never stopped.
    one, sole = compared(windows, template, basis, AlignmentConfig(num_candidates=2, num_rivals=1))
    assert one[:, 0].tolist() == [0, 1]
    torch.testing.assert_close(sole.cost, aligned.cost.view(2, 2).amin(1))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_rivals": 0}, "num_rivals must be at least 1"),
        ({"num_candidates": 0}, "num_candidates must be at least 1"),
        ({"tone": 0.0}, "tone must be above 0"),
        ({"slope": -1.0}, "slope must be at least 0"),
        *(({name: float("inf")}, f"{name} must be finite, got inf; give") for name in ("affine", "smooth", "tone")),
        ({"slope": float("inf")}, "slope must be finite"),
    ],
)
def test_senseless_settings_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        AlignmentConfig(**settings)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_clutter_beside_an_object_bends_its_stamp_less_than_it_would(sign, cross_and_ring):
    stamps, basis = sign * cross_and_ring, polynomials(SIZE, "smooth")
    window = stamps[:1].clone()
    window[..., 6:10, 15:21] = sign  # lies in a corner of the cross
    zero = torch.zeros(1, dtype=torch.int64)
    bent, free = (
        align(smooth(window), zero, zero, templates(stamps, basis, config), basis, 7)
        for config in (AlignmentConfig(), AlignmentConfig(most_added=1e9))
    )
    assert float(bent.bends.square().sum()) < 0.75 * float(free.bends.square().sum())


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_what_an_object_lacks_counts_whole(sign, cross_and_ring):
    stamps, basis = sign * cross_and_ring, polynomials(SIZE, "smooth")
    window = stamps[:1].clone()
    window[..., :12, :] = 0.0
    zero = torch.zeros(1, dtype=torch.int64)
    capped, free = (
        align(smooth(window), zero, zero, templates(stamps, basis, config), basis, 1)
        for config in (AlignmentConfig(), AlignmentConfig(most_added=1e9))
    )
    torch.testing.assert_close(capped.cost, free.cost)


@pytest.mark.parametrize("signs", [(1.0, -0.5), (-1.0, 0.5)])
def test_what_a_colour_object_lacks_counts_whole_in_each_channel(signs, cross_and_ring):
    stamps, basis = torch.cat([sign * cross_and_ring for sign in signs], dim=1), polynomials(SIZE, "smooth")
    zero = torch.zeros(1, dtype=torch.int64)

    def costs(window):
        return [
            align(smooth(window), zero, zero, templates(stamps, basis, config), basis, 1).cost
            for config in (AlignmentConfig(), AlignmentConfig(most_added=1e9))
        ]

    for channel, sign in enumerate(signs):
        lacking, added = stamps[:1].clone(), stamps[:1].clone()
        lacking[:, channel, :12] = 0.0
        capped, free = costs(lacking)
        torch.testing.assert_close(capped, free)
        added[:, channel, 4:10, 15:21] = 2 * sign
        capped, free = costs(added)
        assert float(capped) < 0.8 * float(free)


def test_slopes_of_errors_count_beside_errors():
    """A bar one pixel thick and a faint plain of the same squared error: only the bar has steep slopes."""
    blank, basis = torch.zeros(1, 1, *SIZE), polynomials(SIZE, "none")
    plain, bar = blank.clone(), blank.clone()
    plain[:], bar[..., 12, :] = -1.0, -(24**0.5)
    windows, both, none = torch.cat([plain, bar]), torch.arange(2), torch.zeros(2, dtype=torch.int64)
    costs = [
        align(windows, both, none, templates(blank, basis, AlignmentConfig(slope=slope)), basis, 0).cost
        for slope in (0.0, 3.0)
    ]
    squared = torch.full((2,), 24.0**2)
    torch.testing.assert_close(costs[0], squared)
    # The bar has an edge above and one below, of 24 pixels each whose squared difference is 24.
    torch.testing.assert_close(costs[1], squared + torch.tensor([0.0, 3 * 2 * 24 * 24.0]))
