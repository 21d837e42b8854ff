"""What the tests of pulse-tune share: studies, commands, and what a study has on disk."""
import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mpi"))
import jobs  # noqa: E402

SPACE = """
options:
  data: panel.csv
  end-date: {end}
  batch-size-days: 20
  min-history: 60
search:
  features: [lag1, "lag1,ewma4", lag1+lag2]
  learning-rate: {{min: 0.01, max: 1, log: true}}
  caution: {{min: 0, max: 2, step: 0.5}}
strategy: random
trials: {trials}
seed: {seed}
"""


def tune(*words, code=0, ranks=0, says=(), **more):
    """Runs pulse-tune; standard output."""
    done = jobs.run(*words, executable=os.path.join(jobs.binaries(), "pulse-tune"), ranks=ranks, **more)
    jobs.expect(done, code, *([says] if isinstance(says, str) else says))
    return done.stdout


def refuse(text, *says, command="plan", code=2):
    """A space file that is refused, in one line."""
    space("bad", text)
    tune(command, "bad", code=code, says=says)


def space(name, text):
    os.makedirs(name, exist_ok=True)
    pathlib.Path(name, "space.yaml").write_text(text, encoding="utf-8")
    return name


def study(name="study", trials=6, seed=3, more="", frame=None):
    """A small panel and a study of it."""
    if not os.path.exists("panel.csv"):
        frame = jobs.panel(300, 3, seed=4) if frame is None else frame
        jobs.write(frame, "panel.csv")
        pathlib.Path("end").write_text(jobs.last_day(frame), encoding="utf-8")
    end = pathlib.Path("end").read_text(encoding="utf-8")
    return space(name, SPACE.format(end=end, trials=trials, seed=seed) + more)


def plan(name):
    return json.loads(tune("plan", name, "--json"))


def trials(name, folder="trials"):
    """summary.json of each trial that was run, by digest."""
    return {path.parent.name: jobs.summary(path.parent)
            for path in sorted(pathlib.Path(name, folder).glob("*/summary.json"))}


def files(name):
    """Bytes of all losses, by digest."""
    return {path.parent.name: path.read_bytes() for path in sorted(pathlib.Path(name).glob("trials/*/losses.h5"))}
