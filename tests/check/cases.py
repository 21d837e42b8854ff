"""Running the cases of a test script, functions named AREA__what_is_true: those of the command line, else all."""
import inspect
import sys

SKIPPED = 77  # the exit code ctest shows as "skipped"


class Skip(Exception):
    """Raised with the reason why a case cannot run here."""


def main(names):
    """Of a module's globals."""
    cases = {name: it for name, it in names.items() if "__" in name[1:] and inspect.isfunction(it)}
    skipped = 0
    for name in sys.argv[1:] or cases:
        try:
            cases[name]()
            print(f"ok {name}")
        except Skip as reason:
            skipped += 1
            print(f"SKIP {name}: {reason}")
    sys.exit(SKIPPED if skipped else 0)
