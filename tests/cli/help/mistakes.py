#!/usr/bin/python3
"""mistakes.py CASE: what people mistype on each command line: one line, which names the option, and exit code 2."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../check"))
from cases import main  # noqa: E402

BUCKETS = "--data s3://b/k --output s3://b/r"

# program → [(words, what the line says)]
TRAIN = [
    ("", "--data is missing"), ("--dtaa x", "did you mean --data?"), ("--data", "--data needs a value"),
    ("-d", "-d needs a value"), ("-data x", "unexpected argument x"), ("--data x --lag zero", "--lags zero"),
    ("--data x --lags", "--lags needs a value"), ("--data x --batch 3", "which one of --batch-size-days, --batch-limit"),
    ("--data x --refit=yes", "--refit takes no value"), ("--data x --no-progres=1", "--no-progress takes no value"),
    ("--data x --hisotry rolling:3", "did you mean --history?"), ("--data x --history rollin:3", "--history rollin:3"),
    ("--data x --combine averag", "did you mean average?"), ("--data x --interval gauss", "--interval gauss"),
    ("--data x --start-date yesterday", "--start-date yesterday"), ("--data x --end-date 2020-13-01", "--end-date"),
    ("--data x --start-date 2021-01-01 --end-date 2020-01-01", "after"), ("--data x --ridge -1", "--ridge -1"),
    ("--data x --features lag1,mean4", "'mean4'"), ("--data x --log-level loud", "--log-level loud"),
    ("--data x stray", "unexpected argument stray"), ("--data x -Z", "-Z: unknown option"),
    ("--data x --time_unit s", "did you mean --time-unit?"), ("--data x --burn-in 0", "--burn-in 0"),
    ("--data x --variables ,", "--variables ''"), ("--data x --threads many", "--threads many"),
    ("--data x --output s3:/b/k", "--output s3:/b/k: expected s3://BUCKET/PREFIX"),
    ("--data x --output s3a://b/k", "expected s3://BUCKET/PREFIX"), ("--data x --output S3://b/k", "expected s3://BUCKET/PREFIX"),
    ("--data x --output s3//b/k", "expected s3://BUCKET/PREFIX"), ("--data x --output gs://b/k", "expected s3://BUCKET/PREFIX"),
    ("--data x --checkpoint s3a://b/k", "--checkpoint s3a://b/k: expected s3://BUCKET/PREFIX"),
    ("--data s3a://b/k", "neither a file nor s3://BUCKET/KEY"),
    ("--data s3://arn:aws:s3:us-east-1:1:accesspoint/a/k", "-s3alias"),
]
DATA = [
    ("", "no command"), ("inof x", "did you mean info?"), ("covnert a b", "did you mean convert?"),
    ("remove x", "no command 'remove'"), ("--jsn", "--jsn: unknown option"), ("info", "which file?"),
    ("info a b", "'b'"), ("info --jsno a", "did you mean --json?"), ("info --json=1 a", "--json takes no value"),
    ("info -x a", "-x: unknown option"), ("head a -n", "-n needs a value"), ("head a -n ten", "--lines ten"),
    ("head a --line", "--lines needs a value"), ("head a --varaible v", "did you mean --variable?"),
    ("cat", "which file?"), ("cat a --decimal period", "--decimal period"), ("cat a --time-unit h", "--time-unit h"),
    ("convert a", "convert"), ("convert a b.csv --compresion zstd", "did you mean --compression?"),
    ("convert a b --start-date x", "--start-date: unknown option"), ("ls -z", "-z: unknown option"), ("rm", "remove what?"),
    ("rm --recursiv=1 x", "--recursive takes no value"), ("synth", "pulse-data synth --help"),
    ("synth a.csv --rows", "--rows needs a value"), ("synth a.csv --rows -1", "--rows -1"),
    ("synth a.csv --sead 1", "did you mean --seed?"), ("get", "pulse-data get --help"), ("put", "pulse-data put --help"),
]
REPORT = [
    ("", "pulse-report --help"), ("a b", "b"), ("--ouput x a", "did you mean --output?"), ("a -o", "-o needs a value"),
    ("a --output", "--output needs a value"), ("-output x a", "unexpected argument a"), ("a -x", "-x: unknown option"),
    ("a --open", "--open: unknown option"), ("a --hlep", "did you mean --help?"), ("a --verison", "did you mean --version?"),
    ("tabel results", "did you mean table?"), ("exprot results", "did you mean export?"), ("table", "RESULTS is missing"),
    ("export", "RESULTS is missing"), ("export a b", "unexpected argument b"), ("table a b", "unexpected argument b"),
    ("export a --cvs", "did you mean --csv?"), ("export a --csv --json", "one of --parquet, --csv and --json"),
    ("export a --csv=1", "--csv takes no value"), ("export a -o", "-o needs a value"), ("export a -q", "-q: unknown option"),
    ("export a --ouput x", "did you mean --output?"), ("table a --csv", "--csv: unknown option"),
    ("table a -o x", "-o: unknown option"), ("a --s3-concurrency none", "--s3-concurrency none"),
    ("a --cache-size lots", "--cache-size lots"),
]
EVALUATE = [
    ("", "pulse-evaluate --help"), ("n=a --basline x", "did you mean --baseline?"), ("n=a --baseline", "--baseline needs a value"),
    ("n=a --from yesterday", "--from yesterday"), ("n=a --from", "--from needs a value"), ("n=a --to 2020-13-01", "--to 2020-13-01"),
    ("n=a --by month", "--by month"), ("n=a --by", "--by needs a value"), ("n=a --requrie x", "did you mean --require?"),
    ("n=a --require", "--require needs a value"), ("n=a --require skill>high", "skill>high"), ("n=a --seed x", "--seed x"),
    ("n=a --seed", "--seed needs a value"), ("n=a --sead 1", "did you mean --seed?"), ("n=a --jsno f", "did you mean --json?"),
    ("n=a --json", "--json needs a value"), ("n=a --csv", "--csv needs a value"), ("n=a --html", "--html needs a value"),
    ("n=a -x", "-x: unknown option"), ("n=a --hlep", "did you mean --help?"), ("n=a --verison", "did you mean --version?"),
    ("n=a --cache-size lots", "--cache-size lots"), ("n=a --no-cache=1", "--no-cache takes no value"),
    ("n=a --html-file x", "did you mean --html?"), ("n=a --s3-concurrency 0", "--s3-concurrency 0"),
]
SUBMIT = [
    ("", "--data"), ("--data s3://b/k", "results"), ("--vpcus 3", "did you mean --vcpus?"),
    ("--vcpus", "--vcpus needs a value"), ("--vcpus none", "--vcpus none"), ("--memory -1", "--memory -1"),
    ("--job 3", "which one of --job-queue"), ("--job-queue", "--job-queue needs a value"),
    ("--montor", "did you mean --monitor?"), ("--monitor=1", "--monitor takes no value"),
    ("--mode both", "auto, single or multi"), ("--nodes 0", "--nodes 0"), ("--max-nodes x", "--max-nodes x"),
    (f"{BUCKETS} --mode single --nodes 3", "leave one out"), ("--retry-attempts 11", "--retry-attempts 11"),
    ("--job-timeout 1", "--job-timeout 1"), (f"{BUCKETS} --tags nothing", "KEY=VALUE"), ("--lagz 3", "did you mean --lags?"),
    ("--lags zero", "--lags zero"), (f"{BUCKETS} --show-logs", "--monitor"), ("--vcpus 2 stray", "stray"),
    ("--dry-runn", "did you mean --dry-run?"), ("--jsno", "did you mean --json?"), ("--target-hours x", "--target-hours x"),
    ("--depends-on b@d", "b@d"), ("--poll-interval 0", "--poll-interval 0"),
]
STATUS = [
    ("", "pulse-status --help"), ("--jobid x", "did you mean --job-id?"), ("--job-id", "--job-id needs a value"),
    ("-z", "-z: unknown option"), ("a --jsn", "did you mean --json?"), ("a --json=1", "--json takes no value"),
    ("a --monitr", "did you mean --monitor?"), ("a --poll-interval x", "--poll-interval x"),
    ("a --hlep", "did you mean --help?"), ("a --verison", "did you mean --version?"), ("list --jsno", "did you mean --json?"),
    ("a --poll-interval", "--poll-interval needs a value"), ("a --poll-interval 0", "--poll-interval 0"),
    ("a -q", "-q: unknown option"), ("--aws-regoin x", "did you mean --aws-region?"), ("a --monitor=1", "--monitor takes no value"),
    ("a --show-lgos", "did you mean --show-logs?"), ("a --show-logs=1", "--show-logs takes no value"),
    ("--aws-region", "--aws-region needs a value"), ("--endpoint-ulr x", "did you mean --endpoint-url?"),
    ("lits", "did you mean list?"), ("list --last none", "--last none"), ("list --last", "--last needs a value"),
    ("list --job-staus RUNNING", "did you mean --job-status?"), ("list --job-status RUNING", "did you mean RUNNING?"),
    ("list --job-id a", "list takes no --job-id"), ("a --tail 0", "--tail 0"),
    ("list --terminate", "list takes no --terminate"), ("list --tail 3", "list takes no --tail"),
    ("a --job-status FAILED", "--job-status FAILED: of pulse-status list alone"),
]
NODE = [
    ("", "train what?"), ("--dryrun", "did you mean --dry-run?"), ("--spce x", "did you mean --spec?"),
    ("--spec", "--spec needs a value"), ("--dry-run=1", "--dry-run takes no value"), ("--specs x", "did you mean --spec?"),
    ("--dry-run", "train what?"), ("--dry-run=", "--dry-run takes no value"), ("--dry-runn", "did you mean --dry-run?"),
    ("--on-success", "--on-success needs a value"), ("--on-success x", "URI=TEXT"), ("--on-sucess x=y", "did you mean --on-success?"),
    ("--dry-run --data", "--data needs a value"), ("--dry-run --dtaa x", "did you mean --data?"),
    ("--dry-run pulse-train --data x --lagz 3", "did you mean --lags?"), ("--dry-run --data x --ridge -1", "--ridge -1"),
    ("--dry-run --data x --history rollin:3", "--history rollin:3"), ("--dry-run --data x -Z", "-Z: unknown option"),
    ("--dry-run --data x stray", "unexpected argument stray"), ("--dry-run --data x --refit=yes", "--refit takes no value"),
    ("--dry-run --data x --combine averag", "did you mean average?"), ("--dry-run pulse-data", "no command"),
    ("--dry-run pulse-data inof x", "did you mean info?"), ("--dry-run pulse-data info --jsno x", "did you mean --json?"),
    ("--dry-run pulse-report --ouput x a", "did you mean --output?"), ("--dry-run pulse-tune plna s", "did you mean plan?"),
    ("--dry-run pulse-trian --data x", "pulse-trian"), ("--dry-run pulse-status a", "pulse-status"),
]
TUNE = [
    ("", "no command"), ("plna s", "did you mean plan?"), ("remove s", "no command 'remove'"), ("-x", "-x: unknown option"),
    ("--hlep", "did you mean --help?"), ("plan", "which study?"), ("run", "which study?"), ("show", "which study?"),
    ("plan a b", "'b'"), ("best s stray", "'stray'"), ("plan none", "none/space.yaml"), ("plan s --jsno", "did you mean --json?"),
    ("plan s --price lots", "--price lots"), ("plan s --price", "--price needs a value"),
    ("run s --retyr-failed", "did you mean --retry-failed?"), ("run s --retry-failed=1", "--retry-failed takes no value"),
    ("show s --html", "--html needs a value"), ("show s --htlm x", "did you mean --html?"), ("show s --top 0", "--top 0"),
    ("best s --trian", "did you mean --train?"), ("best s -q", "-q: unknown option"), ("best s -o", "-o needs a value"),
    ("submit s --parallel 0", "--parallel 0"), ("submit s --paralel 2", "did you mean --parallel?"),
    ("submit s --vcpus", "--vcpus needs a value"), ("submit s --memory little", "--memory little"),
]
FLOW = [
    ("", "no command"), ("chekc f", "did you mean check?"), ("remove f", "no command 'remove'"), ("-x", "-x: unknown option"),
    ("--hlep", "did you mean --help?"), ("--versoin", "did you mean --version?"), ("check", "FILE is missing"),
    ("run", "FILE is missing"), ("submit", "FILE is missing"), ("status", "FILE is missing"), ("check a b", "'b'"),
    ("run f stray", "'stray'"), ("run none.yaml", "none.yaml"), ("check f --jsno", "did you mean --json?"),
    ("check f --json=1", "--json takes no value"), ("run f --cores 0", "--cores 0"), ("run f --cores", "--cores needs a value"),
    ("run f --croes 2", "did you mean --cores?"), ("run f --quite", "did you mean --quiet?"), ("run -z f", "-z: unknown option"),
    ("submit f --dryrun", "did you mean --dry-run?"), ("submit f --aws-regoin x", "did you mean --aws-region?"),
    ("status f --monitr", "did you mean --monitor?"), ("status f --monitor=1", "--monitor takes no value"),
    ("status f --poll-interval x", "--poll-interval x"), ("status f --poll-interval", "--poll-interval needs a value"),
]


def refused(program, mistakes):
    env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    env.update(AWS_EC2_METADATA_DISABLED="true", LC_ALL="C.UTF-8", AWS_REGION="us-east-1")
    wrong = []
    for words, says in mistakes:
        done = subprocess.run([os.path.join(os.environ["PULSE_BIN"], program), *words.split()], capture_output=True,
                              stdin=subprocess.DEVNULL, text=True, timeout=300, check=False, env=env)
        lines = [line for line in done.stderr.splitlines() if not line.startswith("warning ")]
        if done.returncode != 2 or done.stdout or len(lines) != 1 or not lines[0].startswith("error: ") \
                or says not in lines[0]:
            wrong.append(f"{program} {words}: {done.returncode}, wanted {says!r}\n{done.stdout[:200]}{done.stderr}")
    assert not wrong, "\n".join(wrong)


def mistakes__of_pulse_train_are_named():
    refused("pulse-train", TRAIN)


def mistakes__of_pulse_data_are_named():
    refused("pulse-data", DATA)


def mistakes__of_pulse_report_are_named():
    refused("pulse-report", REPORT)


def mistakes__of_pulse_evaluate_are_named():
    refused("pulse-evaluate", EVALUATE)


def mistakes__of_pulse_submit_are_named():
    refused("pulse-submit", SUBMIT)


def mistakes__of_pulse_status_are_named():
    refused("pulse-status", STATUS)


def mistakes__of_pulse_node_are_named():
    refused("pulse-node", NODE)


def mistakes__of_pulse_tune_are_named():
    refused("pulse-tune", TUNE)


def mistakes__of_pulse_flow_are_named():
    refused("pulse-flow", FLOW)


def mistakes__a_full_standard_output_ends_with_3():
    for program in ("pulse-train", "pulse-data", "pulse-report", "pulse-evaluate", "pulse-tune", "pulse-submit",
                    "pulse-status", "pulse-flow", "pulse-node"):
        for option in ("--help", "-h", "--version", "-V"):
            words = [os.path.join(os.environ["PULSE_BIN"], program), option]
            with open("/dev/full", "w", encoding="utf-8") as full:
                done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, check=False, timeout=300)
            assert done.returncode == 3, (words, done)
            assert subprocess.run(words, stdout=subprocess.DEVNULL, check=False, timeout=300).returncode == 0, words


def mistakes__a_closed_standard_output_ends_with_3():
    for program in ("pulse-train", "pulse-data", "pulse-report", "pulse-evaluate", "pulse-tune", "pulse-submit",
                    "pulse-status", "pulse-flow", "pulse-node"):
        path = os.path.join(os.environ["PULSE_BIN"], program)
        for closed in "<&- >&-", ">&- 2>&-", "<&- >&- 2>&-":
            done = subprocess.run(["sh", "-c", f'exec "$0" --help {closed}', path], check=False, timeout=300)
            assert done.returncode == 3, (program, closed, done)


if __name__ == "__main__":
    main(globals())
