"""Reference values for the phi detectors, to 50 digits.

    pip install mpmath==1.3.0
    python3 phi_reference.py > phi_reference.csv

Each line of the output is

    law, mean, deviation, level, crossing, silence, level at silence

with all times in microseconds: at `crossing` the level is `level`, and at `silence`, the crossing rounded down, it is the last.
For the normal law, level = -log10(Q((t - mean) / deviation)) with Q(z) = erfc(z / sqrt 2) / 2; for the exponential law,
level = t / (mean * ln 10), and the deviation is the mean.
"""

from mpmath import erfc, findroot, floor, ln, log1p, log10, mp, mpf, nstr, sqrt

mp.dps = 50

LEVELS = "0.1 0.2 0.25 0.302 0.5 0.75 1 1.5 2 2.5 3 4 5 6 7 7.06 8 9 10 11 12 13 14 15 16".split()
MEANS = [100_000, 1_000_000]
# Deviations from none up to the mean, in thousandths of it.
DEVIATIONS = [0, 1, 5, 10, 25, 50, 100, 200, 250, 400, 500, 600, 750, 900, 990, 1000]


def level_normal(z):
    if z < 0:  # or the digits of a small level are lost beside the 1
        return -log1p(-erfc(-z / sqrt(2)) / 2) / ln(10)
    return -log10(erfc(z / sqrt(2)) / 2)


def crossing_normal(level):
    start = sqrt(2 * ln(10) * level) - mpf("0.5")
    return findroot(lambda z: level_normal(z) - level, start)


def line(law, mean, deviation, level, crossing, at_silence):
    silence = int(floor(crossing))
    print(law, mean, deviation, level, nstr(crossing, 20), silence, nstr(at_silence(silence), 20), sep=",")


print("law,mean,deviation,level,crossing,silence,level_at_silence")
for text in LEVELS:
    level = mpf(text)
    z = crossing_normal(level)
    assert abs(level_normal(z) - level) < mpf(10) ** -40
    for mean in MEANS:
        for thousandths in DEVIATIONS:
            deviation = mean * thousandths // 1000
            if deviation == 0:
                # All intervals are the mean, so a silence of that length, and no less, is beyond any level.
                print("normal", mean, 0, text, mean, mean - 1, 0, sep=",")
            else:
                line("normal", mean, deviation, text, mean + z * deviation,
                     lambda t: level_normal((mpf(t) - mean) / deviation))
        line("exponential", mean, mean, text, level * ln(10) * mean, lambda t: t / (mean * ln(10)))
# The tail itself, in the far reaches: the deviation is 1, the mean 0, the "crossing" z.
for z in "-37 -12 -8 -5 -3 -2 -1 -0.5 -0.001 0 0.001 0.5 1 2 3 5 7 7.999 8 8.001 10 15 20 30 37 38 39 50 67.8 100 1000 2000".split():
    print("tail", 0, 1, nstr(level_normal(mpf(z)), 20), z, 0, 0, sep=",")
