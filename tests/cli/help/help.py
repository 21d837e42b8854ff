#!/usr/bin/python3
"""help.py CASE…: what programs say of themselves, and the man pages and completion made of it.

PULSE_BIN is the directory of the programs, PULSE_PAGES that of the pages, PULSE_VERSION the version."""
import contextlib
import glob
import gzip
import os
import pathlib
import pty
import re
import shutil
import subprocess
import sys
import tempfile
import termios

os.environ.pop("COLUMNS", None)  # of whoever runs this
TREE = pathlib.Path(__file__).resolve().parents[3]
sys.path[:0] = [str(TREE / "tests/check"), str(TREE / "tests/mpi")]
import cases  # noqa: E402
import jobs  # noqa: E402
from cases import Skip  # noqa: E402

COMPLETION = TREE / "io/cli/help/pulse.bash"
OPTION = re.compile(r"^ {2,6}(?:(-[^-])(?:, )?)?(--[a-z0-9-]+)?(?:[\[= ]|$)", re.M)


def run(*words, code=0, **more):
    done = subprocess.run(list(map(str, words)), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=150,
                          check=False, **more)
    assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
    return done


def programs():
    return sorted(path for path in glob.glob(os.path.join(os.environ["PULSE_BIN"], "pulse-*"))
                  if os.access(path, os.X_OK))


def text(*words):
    """What --help prints."""
    return run(*words, "--help").stdout


def commands(program):
    block = re.search(r"^Commands:\n((?:.+\n)+)", text(program), re.M)
    return re.findall(r"^  ([a-z]+) ", block[1], re.M) if block else []


def invocations():
    """Every program, and every command of those that have some: (page's name, words)."""
    for program in programs():
        name = os.path.basename(program)
        yield name, [program]
        for command in commands(program):
            yield f"{name}-{command}", [program, command]


def options(help_text):
    """Short and long options of a --help text."""
    found = set()
    for short, long in OPTION.findall(help_text.split("\nExamples:")[0]):
        found |= {short, long} - {""}
    return found


# ---- --help and --version -----------------------------------------------------------------------


def help__every_program_explains_itself():
    assert programs()
    for name, words in invocations():
        done = run(*words, "--help")
        assert done.stdout.startswith(f"Usage: {' '.join([os.path.basename(words[0]), *words[1:]])}"), name
        assert done.stderr == "" and {"--help", "--version"} <= options(done.stdout), name
        version = run(*words, "--version")
        wanted = f"{os.path.basename(words[0])} {os.environ['PULSE_VERSION']}\n"
        assert (version.stdout, version.stderr) == (wanted, ""), (name, version.stdout)


def help__fits_eighty_columns():
    for name, words in invocations():
        for line in text(*words).split("\n"):
            assert len(line) < 80, f"{name}: {line}"


def examples(help_text):
    return (help_text.split("\nExamples:\n") + [""])[1].split("\n\n")[0]


def check_lines(name, printed, columns, wide):
    """No line is longer than the screen but those of one word, and those that are indented behind the options."""
    options, rest = re.split(r"(?<=Print)(?=\s+program\s+version\n)", printed)
    for line in options.split("\n") + [it for it in rest.split("\n") if not it.startswith("  ")]:
        assert len(line) < columns or " " not in line.strip(), f"{name}: {line}"
    assert "".join(printed.split()) == "".join(wide.split()) and examples(printed) == examples(wide), name


def help__is_as_wide_as_the_screen():
    for name, words in invocations():
        wide = text(*words)
        for said, columns in (("64", 64), ("40", 40), ("7", 40), ("100", 100), ("999", 100), ("none", 80), ("0", 80)):
            printed = run(*words, "--help", env=dict(os.environ, COLUMNS=said)).stdout
            check_lines(name, printed, columns, wide)


def help__asks_the_terminal_how_wide_it_is():
    for columns in (50, 72):
        ours, its = pty.openpty()
        termios.tcsetwinsize(its, (24, columns))
        with subprocess.Popen([programs()[0], "--help"], stdout=its, stdin=subprocess.DEVNULL) as program:
            os.close(its)
            printed = b""
            with contextlib.suppress(OSError):  # at the end of what a terminal has
                while piece := os.read(ours, 4096):
                    printed += piece
        os.close(ours)
        printed = printed.decode().replace("\r\n", "\n")
        check_lines(columns, printed, columns, text(programs()[0]))
        assert program.returncode == 0 and max(map(len, printed.split("\n\n")[1].split("\n"))) > columns - 12, printed


def help__shows_examples_that_begin_with_a_program():
    for name, words in invocations():
        if name == "pulse-node":
            continue  # started by Batch, not by hand
        examples = text(*words).split("\nExamples:\n")
        assert len(examples) == 2, f"{name} --help has no examples"
        lines = examples[1].split("\n\n")[0].rstrip("\n").split("\n")
        assert os.path.basename(words[0]) in lines[0], name
        assert all(line.startswith("  ") for line in lines), f"{name}: argp breaks an example's line, make it shorter"


# ---- Man pages ----------------------------------------------------------------------------------


def pages():
    """name → path; skips where none are made."""
    found = {os.path.basename(path)[:-2]: path for path in glob.glob(os.path.join(os.environ["PULSE_PAGES"], "*.1"))}
    if not found:
        raise Skip("there is no help2man, so there are no pages")
    return found


def plain(path):
    """A page's text as readers see words in it: without fonts and escapes."""
    roff = pathlib.Path(path).read_text(encoding="utf-8")
    return re.sub(r"\\f(?:[BIRP]|\(CW)|\\[,/&]", "", roff).replace("\\-", "-")


def help__every_program_and_command_has_a_page():
    assert set(pages()) == {name for name, _ in invocations()}


def help__every_option_is_in_its_page():
    for name, words in invocations():
        page = plain(pages()[name])
        for option in options(text(*words)):
            assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", page), f"{name}.1 lacks {option}"


def help__pages_have_their_sections():
    for name, path in pages().items():
        page = plain(path)
        sections = re.findall(r'^\.SH "?([A-Z ]+)', page, re.M)
        assert sections[:4] == ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS"], (name, sections)
        assert "SEE ALSO" in sections and ("EXAMPLES" in sections or name == "pulse-node"), (name, sections)
        # What apropos shows: the page's name, a dash, what it is for.
        assert re.search(rf"^{name} - [a-z].{{8,}}$", page.replace("\\", ""), re.M), name


def help__pages_render_without_warnings():
    if shutil.which("groff") is None:
        raise Skip("there is no groff")
    for path in pages().values():
        done = run("groff", "-man", "-Tutf8", "-ww", "-z", path)
        assert done.stderr == "", done.stderr


def shown(page):
    """The commands of its examples, as a terminal shows them; one of several lines is one."""
    text = run("groff", "-man", "-Tutf8", "-P-cbou", page).stdout.split("\nEXAMPLES\n")[1].split("\n\n")[0]
    return re.findall(r"(?:.*\\\n)*.+", re.sub(r"^ {7}", "", text, flags=re.M))


def offline(command):
    """The command; where it would ask AWS, its options are only checked."""
    if "s3://" not in command and not re.match(r"pulse-(status|submit|flow (submit|cancel)) ", command + " "):
        return command
    return re.sub(r"pulse-(?:data|flow|report|tune) [a-z]+(?= )|pulse-[a-z]+(?= )", r"\g<0> --check-options", command, count=1)


PANEL = """
import numpy as np, pandas as pd
days = pd.date_range("2004-01-01", periods=700, name="date")
walks = np.random.default_rng(5).normal(size=(700, 3)).cumsum(0) + 100
panel = pd.DataFrame(walks, days, ["spx_close", "vix_close", "us_10y_yield"])
for name in ("market", "panel", "raw"):
    panel.to_csv(name + ".csv")
panel["spx_close"].to_frame().to_pickle("historical_spx_close.pkl")
pd.DataFrame({"ms": days.astype("int64") // 10**6, "bid": walks[:, 0]}).to_csv("ticks.csv", index=False)
panel.melt(ignore_index=False, var_name="ticker", value_name="close").to_csv("prices.csv")
"""
FILES = {"study/space.yaml": "options:\n  data: market.csv\n  end-date: 2005-11-30\nsearch:\n  learning-rate: [0.1, 0.2]\n",
         "nightly.yaml": "name: nightly\nresults: nightly\nsteps:\n  panel:\n"
                         "    run: pulse-data convert raw.csv nightly/panel.parquet\n"}
MADE = """
pulse-data convert panel.csv panel.parquet && pulse-data convert panel.csv panel.h5
pulse-data synth datasets --format dir-h5 --rows 1600 --variables 3
pulse-train --data market.csv --end-date 2005-11-30 --no-progress
pulse-tune run study --no-progress
for copy in results-ridge10 results-a results-b; do cp -r results $copy; done
"""


def help__examples_of_pages_can_be_pasted():
    """Each does what it says, in a directory with the files that it names."""
    if shutil.which("groff") is None:
        raise Skip("there is no groff")
    found = pages()
    with tempfile.TemporaryDirectory() as top:
        here = os.path.join(top, "fixture")
        env = dict(jobs.environment(), PATH=os.pathsep.join((os.environ["PULSE_BIN"], os.environ["PATH"])))
        os.makedirs(os.path.join(here, "study"))
        for name, text_of in FILES.items():
            pathlib.Path(here, name).write_text(text_of, encoding="utf-8")
        run("/usr/bin/python3", "-c", PANEL, cwd=here)
        run("bash", "-ec", MADE, cwd=here, env=env)
        pasted, skipped = 0, []
        for name, page in sorted(found.items()):
            if name == "pulse-node":
                continue  # started by Batch, not by hand
            there = os.path.join(top, name)
            shutil.copytree(here, there)
            for command in map(offline, shown(page)):
                missing = [it for it in ("jq",) if it in command.split() and shutil.which(it) is None]
                if missing:
                    skipped.append(f"{command}: there is no {missing[0]}")
                    continue
                done = subprocess.run(["bash", "-c", command], cwd=there, env=env, stdin=subprocess.DEVNULL,
                                      capture_output=True, text=True, timeout=300, check=False)
                assert done.returncode == 0, (name, command, done.returncode, done.stdout[-300:], done.stderr)
                pasted += 1
            strange = [it for it in os.listdir(there) if re.search(r"[^\w.-]|^[^\w.]", it)]
            assert not strange, (name, strange)  # what the shell made of a sign in a command
            shutil.rmtree(there)
    assert pasted > 50, pasted
    print("\n".join(skipped))


# ---- Completion ---------------------------------------------------------------------------------

ASK = """
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_pulse
[ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\\n' "${COMPREPLY[@]}"
"""


def completed(*words):
    """What bash offers for the last of the words, as it takes them apart."""
    return run("bash", "-c", ASK, "bash", COMPLETION, *words).stdout.split()


def help__every_program_is_completed():
    (names,) = re.findall(r"^complete .* -F _pulse (.*)$", COMPLETION.read_text(encoding="utf-8"), re.M)
    assert {os.path.basename(program) for program in programs()} <= set(names.split())


def help__every_option_is_completed():
    for name, words in invocations():
        wanted = {option for option in options(text(*words)) if option.startswith("--")}
        train = os.path.join(os.environ["PULSE_BIN"], "pulse-train")
        handed_on = text(train) if name in ("pulse-submit", "pulse-node") else ""
        wanted |= {option for option in options(handed_on) if option.startswith("--")}
        assert set(completed(*words, "--")) == wanted, name
        alone = set(re.findall(r"^  (-[A-Za-z])(?: [A-Z]+)?  ", text(*words) + handed_on, re.M))
        assert set(completed(*words, "-")) == wanted | alone, name


def help__completion_narrows_down():
    data, train = (os.path.join(os.environ["PULSE_BIN"], name) for name in ("pulse-data", "pulse-train"))
    assert completed(data, "con") == ["convert"]
    assert set(completed(data, "")) == set(commands(data))
    assert completed(data, "convert", "--row") == ["--row-group-rows"]
    assert completed(train, "--history", "ro") == ["rolling:"]
    assert completed(train, "--history", "=") == ["expanding", "rolling:", "halflife:"]
    assert completed(train, "--trust", "=", "dir") == ["direction"]
    assert completed(train, "--calendar", "=") == ["auto", "on", "off"]
    assert completed(os.path.join(os.environ["PULSE_BIN"], "pulse-evaluate"), "a=b", "--by", "h") == ["horizon"]
    status = os.path.join(os.environ["PULSE_BIN"], "pulse-status")
    if os.path.exists(status):
        assert completed(status, "") == ["list"]
        assert completed(status, "list", "--job-status", "RUNN") == ["RUNNING", "RUNNABLE"]
    # Files are bash's own business, and nothing fits a number.
    assert completed(train, "--data", "") == completed(train, "--lags", "") == completed(train, "") == []


def help__words_of_the_completion_are_those_of_help():
    table = re.findall(r"^ +(--[a-z-]+)\) echo ([^;]+) ;;", COMPLETION.read_text(encoding="utf-8"), re.M)
    assert len(table) >= 8
    everything = "\n".join(text(*words) for _, words in invocations())
    for option, words in table:
        paragraphs = re.findall(rf"^ +(?:-\w, )?{option}=.*\n(?: {{20,}}.*\n)*", everything, re.M)
        if option in ("--mode", "--job-status") and not paragraphs:
            continue  # pulse-submit's and pulse-status's, where they are built
        assert paragraphs, f"no program has {option}"
        for word in words.split():
            assert all(re.search(rf"(?<!\w){word}", it) for it in paragraphs), (option, word)


def help__completion_names_the_variables():
    train = os.path.join(os.environ["PULSE_BIN"], "pulse-train")
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "a b.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write("date,spx_close,vix_close\n2020-01-01,1,2\n")
        for words in (("--data", path), ("-d", path), ("--data", "=", path)):
            for option in ("--variables", "--targets"):
                assert completed(train, *words, option, "") == ["spx_close", "vix_close"], words
                assert completed(train, *words, option, "spx_close", "v") == ["vix_close"], words
        assert completed(train, "--data", os.path.join(directory, "gone.csv"), "--variables", "") == []
        assert "--lags" in completed(train, "--data", path, "--variables", "spx_close", "--la")


def offers(shell, share, line):
    """What a shell offers for the last word of a line, with what is installed below a directory."""
    if shutil.which(shell) is None:
        raise Skip(f"there is no {shell}")
    env = dict(os.environ, PATH=os.pathsep.join((os.path.join(share, "bin"), os.environ["PATH"])), HOME=share)
    if shell == "fish":
        script = f"source {share}/share/fish/vendor_completions.d/pulse-data.fish; complete -C {line!r}"
        return [it.split("\t")[0] for it in run("fish", "--no-config", "-c", script, env=env, cwd=share).stdout.splitlines()]
    script = "compadd() { print -l -- $offers }; _files() { print files }; " \
        "words=(\"$@\"); CURRENT=$#words; _pulse() { source " + f"{share}/share/zsh/vendor-completions/_pulse" + " }; _pulse"
    return run("zsh", "-f", "-c", script, "zsh", *line.split(" "), env=env, cwd=share).stdout.split()


def help__zsh_and_fish_offer_what_bash_does():
    build = os.path.join(os.environ["PULSE_BIN"], "..")
    with tempfile.TemporaryDirectory() as share:
        done = subprocess.run(["cmake", "--install", build, "--prefix", share], capture_output=True, text=True,
                              timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        skipped = []
        for shell in ("zsh", "fish"):
            try:
                assert offers(shell, share, "pulse-data con") == ["convert"], shell
                assert offers(shell, share, "pulse-train --trust dir") == ["direction"], shell
                assert "--lags" in offers(shell, share, "pulse-submit --la"), shell
            except Skip as reason:
                skipped.append(str(reason))
        if skipped:
            raise Skip("; ".join(skipped))


# ---- The package --------------------------------------------------------------------------------


def make_package(directory):
    if shutil.which("dpkg-deb") is None or shutil.which("dpkg-shlibdeps") is None:
        raise Skip("packages are made with dpkg-dev")
    run("cpack", "--config", os.path.join(os.environ["PULSE_BIN"], "..", "CPackConfig.cmake"), "-B", directory,
        cwd=directory)
    (package,) = glob.glob(os.path.join(directory, "*.deb"))
    return package


def help__lintian_finds_no_error_in_the_package():
    if shutil.which("lintian") is None:
        raise Skip("lintian is not here")
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(["lintian", "--fail-on", "error", make_package(directory)], capture_output=True, text=True,
                              check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def help__package_holds_programs_pages_and_completion():
    with tempfile.TemporaryDirectory() as directory:
        package = make_package(directory)
        listing = run("dpkg-deb", "--contents", package).stdout
        depends = run("dpkg-deb", "--field", package, "Depends").stdout
        run("dpkg-deb", "--extract", package, os.path.join(directory, "x"))
        doc = glob.glob(os.path.join(directory, "x/usr/share/doc/*/changelog.gz"))
        changes = gzip.open(doc[0], "rt", encoding="utf-8").read()
        if shutil.which("dpkg-parsechangelog"):
            with open(os.path.join(directory, "changelog"), "w", encoding="utf-8") as file:
                file.write(changes)
            said = run("dpkg-parsechangelog", "-l", os.path.join(directory, "changelog"), "--all", "-S", "Version").stdout
            assert len(said.split()) == 1 and said, said
    held = set(re.findall(r" \./(\S+)$", listing, re.M))
    names = [os.path.basename(program) for program in programs()]
    wanted = {f"usr/bin/{name}" for name in names}
    wanted |= {f"usr/share/bash-completion/completions/{name}" for name in names}
    wanted |= {f"usr/share/fish/vendor_completions.d/{name}.fish" for name in names}
    wanted |= {f"usr/share/man/man1/{name}.1.gz" for name in pages()}
    wanted |= {"usr/share/zsh/vendor-completions/_pulse", "usr/share/doc/pulse-retrodiction/copyright",
               "usr/share/doc/pulse-retrodiction/changelog.gz"}
    assert wanted <= held, wanted - held
    assert not [it for it in held if it.endswith((".a", ".h"))], held
    version = run(programs()[0], "--version").stdout.split()[1]
    assert changes.startswith(f"pulse-retrodiction ({version}) unstable; urgency=medium\n\n  * "), changes[:200]
    assert max(len(line) for line in changes.splitlines() if not line.startswith(" -- ")) <= 80
    assert "openmpi-bin" in depends and "libopenblas" in depends, depends


if __name__ == "__main__":
    cases.main(globals())
