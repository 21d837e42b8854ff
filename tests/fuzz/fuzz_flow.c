/* Any bytes as a workflow's file: it is read, ordered and expanded, or refused in one line with the
 * file's name. */
#include <stdlib.h>
#include <string.h>

#include "submit/flow/file.h"
#include "submit/flow/graph.h"
#include "submit/flow/plan.h"
#include "target.h"

const struct fuzz_plan fuzz_plan = {.mutations = 5000, .changes = 4};

static const struct fuzz_bytes corpus[] = {
    FUZZ_BYTES("name: a\nresults: out\nsteps:\n  one:\n    run: pulse-data convert a.csv b.csv\n"),
    FUZZ_BYTES("name: a\nresults: s3://b/p\nprice: 0.1\nqueue: q\ndefinition: d\nshare: s\nsteps:\n"
               "  one: {run: [pulse-data, convert, x, '${results}/y.csv'], queue: r}\n"
               "  two:\n    run: pulse-train\n    options: {data: '${one}', lags: 2, "
               "features: [lag1, ewma4], transform: {a: diff}, no_report: true, clip: null}\n"
               "    resources: {vcpus: 2, memory: 100, nodes: 3}\n"
               "  three:\n    run: pulse-evaluate new=${two} old=${champion}\n"
               "    options: {json: '${key}.json', require: [skill>=0, no_worse_than=old]}\n"
               "    promote: true\n    after: [one]\n    inputs: z\n    outputs: [u, v]\n"),
    FUZZ_BYTES("name: a\nresults: r\nsteps: &s\n  one: {run: pulse-report x, after: two}\n"
               "  two: {run: pulse-report x, after: one, options: *s}\n"),
    FUZZ_BYTES("steps: {a: {run: pulse-data synth ${b}, options: {x: \"\\0\"}}, b: [*c, &c d]}\n"),
    FUZZ_BYTES("name: a\nresults: r\nsteps:\n  a: {run: pulse-data synth '${b}${b}'}\n"
               "  b: {run: pulse-data synth '${c}${c}'}\n  c: {run: pulse-data synth '${key}'}\n"),
    FUZZ_BYTES(""),
};

const uint8_t *fuzz_sample(size_t i, size_t *size)
{
    return fuzz_take_sample(corpus, sizeof corpus / sizeof *corpus, i, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_flow flow;
    int status = pulse_flow_file_parse("f.yaml", (const char *)data, (int64_t)size, &flow, &err);
    if (status == 0)
        status = pulse_flow_graph(&flow, &err);
    if (status == 0)
        status = pulse_flow_plan_draft(&flow, &err);
    if ((status == 0) != (err.kind == PULSE_OK))
        abort();
    if (status != 0 && err.kind == PULSE_E_USAGE && strncmp(err.text, "f.yaml, line ", 13) != 0)
        abort();
    for (int64_t k = 0; status == 0 && k < flow.n; k++)
        if (flow.steps[flow.order[k]].argv.n == 0)
            abort();
    pulse_flow_clear(&flow);
    return 0;
}
