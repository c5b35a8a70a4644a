"""Scores to a table for people: ours, and the paper's row beside them."""

from collections.abc import Sequence
from statistics import mean

from stampnet.evaluation import Evaluation
from stampnet.report.page import Table
from stampnet.report.tables import PublishedScores

HEADER = (
    "choices",
    "CorLoc",
    "IoU (union)",
    "purity",
    "CorLoc (Hungarian)",
    "all found",
    "IoU (matched)",
    "F1",
    "purity (located)",
    "NMI",
    "ARI",
    "ACC",
    "stamps used",
    "squared error",
)
"""The first three measures are the paper's definitions; those after them are finer and named apart."""


def score_table(results: Sequence[Evaluation], title: str, published: PublishedScores | None) -> Table:
    """A row for the most likely choices, one for the mean of the samples, one for the paper where it has one."""
    most_likely = [result for result in results if result.decoding == "most-likely"]
    sampled = [result for result in results if result.decoding == "sampled"]
    rows = [("most likely", *_numbers(most_likely))]
    if sampled:
        name = "sampled" if len(sampled) == 1 else f"sampled, mean of {len(sampled)}"
        rows.append((name, *_numbers(sampled)))
    if published is not None:
        paper = (f"{published.corloc:.4f}", f"{published.iou:.4f}", f"{published.purity:.4f}")
        rows.append(("paper (sampled)", *paper, *[""] * (len(HEADER) - 4)))
    return Table(title=title, header=HEADER, rows=tuple(rows))


def _numbers(results: Sequence[Evaluation]) -> tuple[str, ...]:
    paper = [result.scores.paper for result in results]
    finer = [result.scores.refined for result in results]
    accuracies = [scores.accuracy for scores in finer if scores.accuracy is not None]
    rates = (
        mean(s.corloc for s in paper),
        mean(s.iou for s in paper),
        mean(s.purity for s in paper),
        mean(s.corloc for s in finer),
        mean(s.images_all_correct for s in finer),
        mean(s.matched_iou for s in finer),
        mean(s.f1 for s in finer),
        mean(s.purity_located for s in finer),
        mean(s.nmi for s in finer),
        mean(s.ari for s in finer),
    )
    return (
        *(f"{rate:.4f}" for rate in rates),
        f"{mean(accuracies):.4f}" if accuracies else "-",
        f"{mean(s.stamps_used for s in finer):.0f} of {results[0].scores.num_stamps}",
        f"{mean(result.squared_error for result in results):.2f}",
    )
