"""Figures, beside the promises that they keep: `python -m tests.bench [gate] [fair] [load] [--json FILE]`.

`gate` and `fair` run the real gate and turn code in virtual time. `load` runs the bot as a process of its own, in real
time, against a lean Discord and a stand-in MeiGen in processes of theirs, and after it a plain bot in the same place
(`baseline`), to compare with. It needs Linux, two cores with nothing else to do, and five minutes.
"""
