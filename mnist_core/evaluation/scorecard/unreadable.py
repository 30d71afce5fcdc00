"""The shared drawings whose label nobody can read from them: mislabelled, or badly cut.

They were looked at one by one among the errors of the shipped models. They stay in every figure of
the scorecard, which counts them as errors; its caption says how many there are.
"""

UNREADABLE: dict[str, dict[str, tuple[int, ...]]] = {
    "UNIPEN": {
        "a 0 of a single line": (
            3132, 3182, 3190, 3347, 3414, 3550, 3630, 3712, 3787, 3884, 3970, 4067,
        ),
        "a 0 of two to four rings": (
            7159, 7186, 7188, 7190, 7192, 7195, 7197, 7201, 7208, 7209,
        ),
        "a 0 that is an open bow, or another character": (1590, 2806, 5718, 5773, 7911, 7918, 7933),
        "a 1 of a single dot": (3714,),
        "a 1 that is drawn as a 2": (7,),
        "a 2 of a single bow": (2307,),
        "a 4 of a single line": (
            3094, 3134, 3135, 3136, 3137, 3192, 3241, 3292, 3350, 3421, 3485, 3632, 3792, 3975,
            4072,
        ),
        "a 4 without its stem, or of two dots": (3093, 3191, 3420, 7497),
        "two 6": (7636,),
        "a 7 that is drawn as a 2 or as a 9": (19, 2505),
        "an 8 of a single ring": (3124, 3128, 3129, 4069, 4070),
        "an 8 that is drawn as a 6, or as another character": (1040, 2306, 3130),
        "lines that run back and forth": (7260, 7637, 7734),
    },
    "pendigits": {
        "a 0 that is drawn as a 6": (4001, 5141),
        "a 2 that is drawn as a 7": (437,),
        "a 3 that is drawn as a 2": (1469, 2628, 3385),
        "a 5 that is no digit": (5248,),
        "a 6 that is drawn as a 5": (5207,),
    },
}  # fmt: skip
"""Name of the set -> why -> indices of its drawings, from 0, in the file's order of digits."""


def unreadable_note() -> str:
    """Return in words how many there are, and where they are listed."""
    counts = {
        name: sum(len(indices) for indices in kinds.values()) for name, kinds in UNREADABLE.items()
    }
    listed = " and ".join(f"{count} of {name}" for name, count in counts.items())
    return (
        f"{listed} are mislabelled or badly cut, so that nobody can read them; they count as "
        "errors (listed in mnist_core/evaluation/scorecard/unreadable.py)."
    )
