#!/usr/bin/python3
"""readme.py CASE…: what the documents name is there: files, programs, options, sections; README's run is what happens.

PULSE_BIN is the directory of the programs."""
import functools
import glob
import json
import os
import pathlib
import re
import subprocess
import tempfile

import cases
import h5py

TREE = pathlib.Path(__file__).resolve().parents[2]
TOPS = ("engine", "io", "submit", "cloud", "tests", "bench")
# Options of programs that are not ours.
FOREIGN = {"--oversubscribe": "mpirun", "--hostfile": "mpirun", "--mca": "mpirun", "--install": "cmake",
           "--preset": "cmake", "--build": "cmake", "--test-dir": "ctest", "--quick": "bench",
           "--no-install-recommends": "apt-get", "--cli-input-json": "aws", "--name": "aws", "--secret-string": "aws",
           "--username": "docker", "--mpi": "srun",
           "--job-name": "sbatch", "--nodes": "sbatch", "--ntasks": "sbatch", "--cpus-per-task": "sbatch", "--time": "sbatch",
           "--signal": "sbatch", "--requeue": "sbatch", "--open-mode": "sbatch",
           "--password-stdin": "docker", "--rm": "docker", "--entrypoint": "docker", "--shm-size": "docker"}
README_WORDS = 1500


def read(path):
    return pathlib.Path(path).read_text(encoding="utf-8")


@functools.cache
def pages():
    """path from the top → text, of every page of prose of the project."""
    found = [*TREE.glob("*.md"), *(it for top in TOPS for it in (TREE / top).glob("**/*.md"))]
    texts = {str(it.relative_to(TREE)): read(it) for it in found}
    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "engine/DEFINITIONS.md", "cloud/CLUSTER.md"} <= texts.keys()
    assert {f"{top}/README.md" for top in TOPS} <= texts.keys(), "a folder at the top has no README.md"
    return texts


def said(*words):
    done = subprocess.run([os.path.join(os.environ["PULSE_BIN"], words[0]), *words[1:], "--help"], text=True,
                          capture_output=True, timeout=300, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout


def programs():
    return [os.path.basename(path) for path in glob.glob(os.path.join(os.environ["PULSE_BIN"], "pulse-*"))]


def commands(program):
    block = re.search(r"^Commands:\n((?:.+\n)+)", said(program), re.M)
    return re.findall(r"^  ([a-z]+) ", block[1], re.M) if block else []


def anchors(text):
    """What a link may name behind #, as hosts of repositories make it from headings."""
    return {re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-")
            for line in re.sub(r"```.*?```", "", text, flags=re.S).split("\n") if line.startswith("#")}


def readme__links_lead_somewhere():
    links = 0
    for page, text in pages().items():
        for target, anchor in re.findall(r"\]\(([^)\s#]*)(?:#([^)\s]*))?[^)]*\)", text):
            if "://" in target:
                continue
            links += 1
            there = (TREE / page).parent / target if target else TREE / page
            assert there.exists(), f"{page}: {target}"
            assert not anchor or anchor in anchors(read(there)), f"{page}: {target}#{anchor}"
    assert links > 5


def readme__is_short():
    assert len(pages()["README.md"].split()) <= README_WORDS


def readme__files_it_names_are_there():
    """Beginning at the top or at the page's own folder."""
    for page, text in pages().items():
        named = {it.rstrip("/.") for it in re.findall(rf"(?<![\w/.-])((?:{'|'.join(TOPS)})/[\w./-]*)", text)}
        assert named or page != "README.md"
        missing = [it for it in named if "NAME" not in it and not (TREE / it).exists()
                   and not ((TREE / page).parent / it).exists()]
        assert not missing, (page, missing)


def files_below(folder):
    """Names of all files, but of those that tests make and remove meanwhile where programs are built."""
    found = set()
    for _, folders, files in os.walk(folder):
        folders[:] = [it for it in folders if it not in ("build", ".git")]
        found.update(files)
    return found


def readme__sources_it_names_are_there():
    """Those without a folder before them: somewhere below the page's folder."""
    checked = 0
    for page, text in pages().items():
        there = files_below((TREE / page).parent)
        for name in re.findall(r"`([a-z][a-z0-9_]*\.(?:c|h|py|\[ch\]))`", text):
            for ending in ("c", "h") if name.endswith("[ch]") else ("",):
                file = name.replace("[ch]", ending)
                checked += 1
                assert file in there, f"{page}: {file}"
    assert checked > 20


def readme__programs_and_commands_it_names_are_there():
    known = programs()
    has = {program: commands(program) for program in known}
    for page, text in pages().items():
        named = set(re.findall(r"(?<![\w/-])(?:build/bin/)?(pulse-(?:train|report|data|submit|status|node|evaluate|tune|flow))\b", text))
        assert named <= set(known), (page, named - set(known))
        assert named or page != "README.md"
        for program in known:
            used = set(re.findall(rf"^ +(?:\$ )?(?:build/bin/)?{program} ([a-z]+) ", text, re.M))
            used |= set(re.findall(rf"`{program} ([a-z]+)[ `]", text))
            assert not has[program] or used <= set(has[program]), (page, program, used - set(has[program]))


def readme__options_it_names_are_there():
    known = set(FOREIGN)
    for program in programs():
        for words in [[program], *([program, it] for it in commands(program))]:
            known |= set(re.findall(r"(?<!\S)(--[a-z0-9-]+)", said(*words)))
    named = {page: set(re.findall(r"(?<![\w-])(--[a-z][a-z0-9-]*)", text)) for page, text in pages().items()}
    assert len(set().union(*named.values())) > 60
    for page, options in named.items():
        assert options <= known, (page, options - known)


def readme__verbs_of_dev_it_names_are_there():
    dev = read(TREE / "dev")
    verbs = set(re.findall(r"^([a-z]+)\) ", dev[dev.index("case $command in"):], re.M))
    usage = set(re.findall(r"^  ([a-z]+) ", dev[:dev.index("\nEND")], re.M))
    assert usage == verbs, usage ^ verbs
    for page, text in pages().items():
        named = set(re.findall(r"\./dev ([a-z]+)", text))
        assert named <= verbs, (page, named - verbs)
        assert page != "README.md" or {"demo", "test"} <= named


def readme__help_of_a_dev_command_does_nothing_else():
    """./dev test --help built the sanitized tree, and ./dev build --help passed it on to cmake."""
    for verb in ("build", "test", "demo", "check", "fuzz", "mutants", "image", "setup", "cloud"):
        done = subprocess.run([TREE / "dev", verb, "--help"], capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0 and done.stdout.startswith("usage: ./dev COMMAND") and not done.stderr, (verb, done)
    done = subprocess.run([TREE / "dev", "build", "relase"], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2 and "release, dev and asan" in done.stderr, done


def readme__sections_of_the_report_are_named():
    titles = set()
    for source in (TREE / "engine/report").glob("*.c"):
        titles |= set(re.findall(r'pulse_page_section_open\(\s*\w+,\s*"[\w-]+",\s*"([^"]+)"', read(source)))
    assert len(titles) > 8, titles
    text = pages()["engine/README.md"]
    missing = [it for it in titles if f"*{it}*" not in text]
    assert not missing, missing


def readme__sections_that_are_cited_are_there():
    sections = set(re.findall(r"^(?:## |\*\*)(§\d+(?:\.\d+)?)\b", pages()["engine/DEFINITIONS.md"], re.M))
    assert len(sections) > 30
    cited = 0
    for top in TOPS:
        for folder, _, names in os.walk(TREE / top):
            for name in names:
                if not name.endswith((".c", ".h", ".py", ".txt", ".md")):
                    continue
                text = re.sub(r"\s+(?:\* )?", " ", read(os.path.join(folder, name)))
                for group in re.findall(r"DEFINITIONS(?:\]\([^)]*\))? (§[\d.]+\d|§\d+)((?:(?:, | and |–)§[\d.]*\d)*)", text):
                    for section in re.findall(r"§[\d.]*\d", "".join(group)):
                        cited += 1
                        assert section in sections, f"{folder}/{name}: {section}"
    assert cited > 20


def blocks(page):
    """(command, what it prints) of each command in the page's indented blocks."""
    found, printed = [], None
    for line in pages()[page].replace("\\\n    ", "").split("\n"):
        if line.startswith("    $ "):
            printed = []
            found.append((line[6:], printed))
        elif line and not line.startswith("    "):
            printed = None
        elif printed is not None:
            printed.append(line[4:])
    return [(command, "\n".join(lines).strip("\n")) for command, lines in found]


def paste(command, directory):
    """What a command of a page prints, in that directory."""
    may = {name: "1" for name in ("OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM",
                                  "OMPI_MCA_rmaps_base_oversubscribe", "OMPI_MCA_mpi_yield_when_idle")}
    path = os.pathsep.join((os.environ["PULSE_BIN"], os.environ["PATH"]))
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command.replace("build/bin/", "")], cwd=directory,
                          env=dict(os.environ, **may, PATH=path), text=True, capture_output=True, timeout=300,
                          check=False, stdin=subprocess.DEVNULL)
    assert done.returncode in (0, -13, 141), (command, done.stderr)
    return done.stdout.rstrip("\n")


def timeless(text):
    """Without seconds, and without the memory of a rank, which counts what its libraries take here."""
    return re.sub(r" +\d+ MB( +[\d.]+ s)$", r"\1", re.sub(r"trained in [\d.]+ s", "trained in … s", text), flags=re.M)


def check_pasted(shown, directory):
    for command, expected in shown:
        printed = paste(command, directory)
        assert not expected or timeless(printed) == timeless(expected), f"{command} prints this:\n{printed}"


def begin_with(page, *begins):
    """The commands of a page that begin so, one each, in this order."""
    return [next(it for it in blocks(page) if it[0].startswith(begin)) for begin in begins]


RUN = ("build/bin/pulse-data synth", "mpirun -n 2 build/bin/pulse-train --data market.csv")


def readme__its_run_is_what_happens():
    with tempfile.TemporaryDirectory(prefix="pulse-readme-") as here:
        shown = begin_with("README.md", *RUN, "build/bin/pulse-report export results ")
        assert all(printed for _, printed in shown), shown
        check_pasted(shown, here)


def readme__what_a_run_leaves_is_named():
    """Keys of summary.json in the engine's table, datasets and attributes of results.h5 in §7.1."""
    with tempfile.TemporaryDirectory(prefix="pulse-readme-") as here:
        check_pasted(begin_with("README.md", *RUN), here)
        said = json.loads(read(os.path.join(here, "results/summary.json")))
        keys = set(said)
        with h5py.File(os.path.join(here, "results/results.h5")) as file:
            sets, attributes = set(), set(file.attrs)
            file.visititems(lambda name, item: sets.add(name) if isinstance(item, h5py.Dataset) else None)
    text = pages()["engine/README.md"]
    table = text[text.index("\n## summary.json\n"):text.index("\n## The report\n")]
    missing = keys - set(re.findall(r"`(\w+)`", table))
    assert len(keys) > 20 and not missing, missing
    text = pages()["engine/DEFINITIONS.md"]
    summary = text[text.index("**§7.3 "):text.index("**§7.4 ")]
    of_targets = {key for part in ("metrics", "trust", "forecast") for one in said[part].values() for key in one}
    missing = {it for it in of_targets if f"`{it}`" not in summary}
    assert len(of_targets) > 25 and not missing, missing
    text = text[text.index("**§7.1 "):text.index("**§7.2 ")]
    named = set()
    for path in re.findall(r"^\| /([\w/{},]+) \|", text, re.M):
        group, _, names = path.partition("{")
        named |= {group + name for name in names.rstrip("}").split(",")}
    axes = {"calendar", "variables", "window"}  # in every group by a link
    missing = {it for it in sets if it not in named and it.rpartition("/")[2] not in axes}
    assert len(sets) > 50 and not missing, missing
    assert named - sets == set(), named - sets
    missing = {it for it in attributes if f"`{it}`" not in text}
    assert attributes and not missing, missing


def readme__runs_of_its_folders_are_what_happens():
    """The engine's comparison, export and dry run, and what is shown of six ranks."""
    with tempfile.TemporaryDirectory(prefix="pulse-readme-") as here:
        check_pasted(begin_with("README.md", *RUN), here)
        trained = [it for it in blocks("engine/README.md") if re.search(r"--output (?:lags|heavy)$", it[0])]
        rest = begin_with("engine/README.md", "pulse-report export results ", "pulse-evaluate default=results",
                          "mpirun -n 2 pulse-train --data market.csv --end-date 2009-09-14 --dry-run")
        assert len(trained) == 2 and all(printed for _, printed in rest), (trained, rest)
        for command, _ in trained:
            paste(command, here)
        check_pasted(rest, here)
        command, shown = begin_with("cloud/CLUSTER.md", "mpirun --hostfile hosts")[0]
        printed = paste("mpirun -n 6 " + command[command.index("pulse-train"):], here)
        on_hosts = re.sub(r", 3 nodes| \(--whole-results.*", "", shown)
        assert timeless(printed.replace(", 1 node", "")) == timeless(on_hosts), f"{command} prints this:\n{printed}"


if __name__ == "__main__":
    cases.main(globals())
