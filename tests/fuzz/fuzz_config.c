/* Any bytes as the YAML of --config, or a summary.json: words of a command line come out of it, or
 * an error. */
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "target.h"

const struct fuzz_plan fuzz_plan = {.mutations = 30000, .changes = 6};

static const struct fuzz_bytes corpus[] = {
    FUZZ_BYTES("# a run\ndata: a.csv\nridge: [10, 100.5]\nquiet: true\nlevel: {x: 1, y: log}\n"),
    FUZZ_BYTES("config: {data: a.csv, ridge: [1, 2], quiet: false, level: null}\nversion: 0.2.0\n"),
    FUZZ_BYTES("data: &a [*a, x]\nridge: &b {k: *b}\n"),
    FUZZ_BYTES("x: &x [1, 1]\ny: &y [*x, *x]\nridge: [*y, *y]\n"),
    FUZZ_BYTES("- data: a\n- ridge: 1\n--- \nsecond: document\n"),
    FUZZ_BYTES("data: |\n  two\n  lines\nridge: >-\n  folded\n  \"\\e[31m\\u202e\"\n"),
    FUZZ_BYTES("[[[[[[[[{a: {b: {c: [1, {d: 2}]}}}]]]]]]]]"),
    FUZZ_BYTES(
        "%YAML 1.1\n%TAG ! tag:x,2000:\n---\n!!binary data: aGk=\n? [complex]\n: {<<: *n}\n"),
    FUZZ_BYTES(""),
};

const uint8_t *fuzz_sample(size_t i, size_t *size)
{
    return fuzz_take_sample(corpus, sizeof corpus / sizeof *corpus, i, size);
}

struct values {
    const char *data, *ridge, *level;
    bool quiet;
};

static const struct pulse_arg rows[] = {
    {.name = "data",
     .argument = "FILE",
     .read = pulse_arg_read_text,
     .at = offsetof(struct values, data)},
    {.name = "ridge",
     .argument = "X...",
     .read = pulse_arg_read_text,
     .at = offsetof(struct values, ridge)},
    {.name = "level",
     .argument = "K=V",
     .read = pulse_arg_read_text,
     .at = offsetof(struct values, level)},
    {.name = "quiet", .read = pulse_arg_read_flag, .at = offsetof(struct values, quiet)},
    {0},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct values values = {0};
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_yaml yaml = {0};
    struct pulse_config config = {0};
    const struct pulse_args args = {.program = "fuzz",
                                    .tables = {{.rows = rows, .values = &values}}};
    if (pulse_yaml_load(&yaml, "fuzz", (const char *)data, (int64_t)size, &err) == 0) {
        const yaml_node_t *options = pulse_yaml_root(&yaml), *inner = NULL;
        if (options != NULL && options->type == YAML_MAPPING_NODE)
            inner = pulse_yaml_find(&yaml, options, "config");
        options = inner == NULL ? options : inner;
        if (options != NULL && options->type == YAML_MAPPING_NODE &&
            pulse_config_take(&args, &yaml, options, &config, &err) == 0)
            for (int i = 0; i < config.n_added; i++)
                if (strncmp(config.added[i], "--", 2) != 0)
                    abort(); /* an option, and no word of its own */
    }
    pulse_config_clear(&config);
    pulse_yaml_clear(&yaml);
    return 0;
}
