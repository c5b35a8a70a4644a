"""Scores to a table for people: ours, and the paper's beside them."""

from collections.abc import Callable, Sequence
from statistics import mean

from stampnet.evaluation import CLASSES, FRAMES, Evaluation
from stampnet.metrics.annotated import AnnotatedScores
from stampnet.report.page import Table
from stampnet.report.tables import PublishedScores

Measure = Callable[[Evaluation], float | None]

PAPER_MEASURES: dict[str, Measure] = {
    "CorLoc": lambda result: result.scores.paper.corloc,
    "IoU (union of boxes)": lambda result: result.scores.paper.iou,
    "purity": lambda result: result.scores.paper.purity,
}
"""As the paper defines them."""

REFINED_MEASURES: dict[str, Measure] = {
    "CorLoc (Hungarian)": lambda result: result.scores.refined.corloc,
    "all objects located": lambda result: result.scores.refined.images_all_correct,
    "IoU (matched boxes)": lambda result: result.scores.refined.matched_iou,
    "right number of objects": lambda result: result.scores.refined.count_accuracy,
    "F1 at IoU .5": lambda result: result.scores.refined.f1,
    "purity (located only)": lambda result: result.scores.refined.purity_located,
    "NMI": lambda result: result.scores.refined.nmi,
    "ARI": lambda result: result.scores.refined.ari,
    "ACC (N = classes)": lambda result: result.scores.refined.accuracy,
}
"""Finer ones, named apart."""


def score_table(results: Sequence[Evaluation], title: str, published: PublishedScores | None) -> Table:
    """A column for the most likely choices, for the mean of the samples, for the stamps' frames, for the classes, and
    for the paper."""
    groups = {"most likely": [result for result in results if result.decoding == "most-likely"]}
    samples = [result for result in results if result.decoding == "sampled"]
    if samples:
        groups["sampled" if len(samples) == 1 else f"sampled, mean of {len(samples)}"] = samples
    for name in (FRAMES, CLASSES):
        if others := [result for result in results if result.decoding == name]:
            groups[name] = others
    paper = {} if published is None else dict(zip(PAPER_MEASURES, vars(published).values(), strict=True))
    measures = {**PAPER_MEASURES, **REFINED_MEASURES}
    rows = [(name, *(_mean(measure, group) for group in groups.values())) for name, measure in measures.items()]
    rows.append(("squared error of an image", *(f"{mean(r.squared_error for r in g):.2f}" for g in groups.values())))
    rows.append(("stamps used", *(f"{mean(r.scores.refined.stamps_used for r in g):.0f}" for g in groups.values())))
    header: tuple[str, ...] = ("measure", *groups)
    if paper:
        header = (*header, "paper (sampled)")
        rows = [(*row, f"{paper[row[0]]:.4f}" if row[0] in paper else "") for row in rows]
    return Table(title=title, header=header, rows=tuple(rows))


def _mean(measure: Measure, results: Sequence[Evaluation]) -> str:
    values = [value for result in results if (value := measure(result)) is not None]
    return f"{mean(values):.4f}" if values else "-"


def annotated_table(scores: AnnotatedScores, title: str) -> Table:
    """What annotations say of detections in files: of all objects, then of each class that both name."""
    rows = [
        ("all", str(scores.num_objects), f"{scores.f1:.4f}", f"{scores.count_error:.2f}", f"{scores.ap:.4f}"),
        *(
            (one.name, str(one.num_objects), f"{one.f1:.4f}", f"{one.count_error:.2f}", f"{one.ap:.4f}")
            for one in scores.classes
        ),
    ]
    title += (
        f"; precision {scores.precision:.4f}, recall {scores.recall:.4f}, AP at IoU .5 {scores.ap_50:.4f}, "
        f"purity {scores.purity:.4f}, NMI {scores.nmi:.4f}"
    )
    if scores.num_missing:
        title += f"; {scores.num_missing} annotated images were not searched and do not count"
    return Table(title, ("class", "objects", "F1 at IoU .5", "count error", "AP"), tuple(rows))
