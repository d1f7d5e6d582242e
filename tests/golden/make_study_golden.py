"""Writes study.json: what other libraries say of small studies.

python tests/golden/make_study_golden.py, in an environment of its own with choix, krippendorff and
statsmodels; their versions stand in the file.
"""

import json
from importlib.metadata import version
from pathlib import Path

import choix
import krippendorff
import numpy as np
import statsmodels.api as sm
from scipy.stats import spearmanr
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.sandwich_covariance import cov_cluster_2groups

rng = np.random.default_rng(21)
METHODS = 4
STRENGTH = np.array([0.8, 0.3, 0.0, -0.6])


def comparisons(count, ties):
    """[first, second, chosen]; chosen -1 = a tie."""
    rows = []
    for _ in range(count):
        a, b = (int(i) for i in rng.choice(METHODS, 2, replace=False))
        gap = STRENGTH[a] - STRENGTH[b] + rng.logistic()
        rows.append([a, b, -1 if ties and abs(gap) < 0.6 else a if gap > 0 else b])
    return rows


def davidson(rows):
    """Davidson's model as a Poisson regression with an effect of each pair (Fienberg and Larntz, 1976)."""
    pairs = sorted({tuple(sorted(row[:2])) for row in rows})
    design, counts = [], []
    for place, (a, b) in enumerate(pairs):
        for chosen in (a, b, -1):
            line = np.zeros(METHODS - 1 + 1 + len(pairs))
            share = {a: 1.0, b: 0.0, -1: 0.5}[chosen]
            for method, part in ((a, share), (b, 1 - share)):
                if method:
                    line[method - 1] += part
            line[METHODS - 1] = chosen == -1
            line[METHODS + place] = 1
            design.append(line)
            counts.append(sum(tuple(sorted(r[:2])) == (a, b) and r[2] == chosen for r in rows))
    fit = sm.GLM(counts, np.array(design), family=sm.families.Poisson()).fit(tol=1e-12, maxiter=200)
    strengths = np.concatenate([[0.0], fit.params[: METHODS - 1]])
    return (strengths - strengths.mean()).tolist(), float(fit.params[METHODS - 1])


def main():
    plain, tied = comparisons(300, False), comparisons(300, True)
    picks = []
    for _ in range(200):
        shown = sorted(int(i) for i in rng.choice(METHODS, 3, replace=False))
        worth = STRENGTH[shown] + rng.gumbel(size=3)
        picks.append([shown, shown[int(worth.argmax())]])
    won = [(c, a if c == b else b) for a, b, c in plain]
    tops = [(chosen, [m for m in shown if m != chosen]) for shown, chosen in picks]
    strengths, tie = davidson(tied)
    ratings = [
        [int(v) if rng.random() > 0.3 else None for v in rng.integers(0, 5, 12)] for _ in range(5)
    ]
    for row in ratings:  # some agreement
        for unit in range(12):
            if row[unit] is not None and rng.random() < 0.6:
                row[unit] = unit % 5
    table = np.array([[np.nan if v is None else v for v in row] for row in ratings], float)
    raters, scenes = rng.integers(0, 9, 240), rng.integers(0, 14, 240)
    values = rng.random(240) < 0.5 + 0.06 * (raters - 4) + 0.04 * (scenes - 7)
    fit = sm.OLS(values.astype(float), np.ones(240)).fit()
    two, one, other = cov_cluster_2groups(fit, raters, scenes)
    x, y = rng.normal(size=30).round(1), rng.normal(size=30).round(1)
    content = {
        "versions": {
            name: version(name) for name in ("choix", "krippendorff", "statsmodels", "scipy")
        },
        "plain": {
            "comparisons": plain,
            "strengths": choix.ilsr_pairwise(METHODS, won, tol=1e-12).tolist(),
        },
        "tied": {"comparisons": tied, "strengths": strengths, "tie": tie},
        "picks": {
            "choices": picks,
            "strengths": choix.ilsr_top1(METHODS, tops, tol=1e-12).tolist(),
        },
        "alpha": {
            "ratings": ratings,
            **{
                level: krippendorff.alpha(
                    table, level_of_measurement=level, value_domain=list(range(5))
                )
                for level in ("nominal", "ordinal", "interval")
            },
        },
        "clustered": {
            "raters": raters.tolist(),
            "scenes": scenes.tolist(),
            "values": values.astype(int).tolist(),
            "two_way": two.item(),
            "by_rater": one.item(),
            "by_scene": other.item(),
        },
        "wilson": [
            [k, n, *proportion_confint(k, n, method="wilson")]
            for k, n in ((0, 10), (7, 12), (1479, 2100), (30, 30))
        ],
        "spearman": {"x": x.tolist(), "y": y.tolist(), "rank": float(spearmanr(x, y).statistic)},
    }
    file = Path(__file__).with_name("study.json")
    file.write_text(json.dumps(content) + "\n", encoding="utf-8")
    print(file, {k: v for k, v in content["clustered"].items() if "by" in k or "two" in k})


main()
