#include "plan/options_config.h"

#include "plan/options.h"
#include "store/arguments.h"
#include "store/store.h"
#include "store/whole.h"

/* The command line is not read yet. Where it does not say how S3 is reached, what the program has
 * said before holds. */
static void configure_store(char *const *argv)
{
    const struct pulse_store_options store = pulse_store_arguments_find(argv);
    if (store.region != NULL || store.endpoint_url != NULL || store.requester_pays ||
        store.anonymous)
        pulse_store_configure(&store);
}

int pulse_options_expand_config(const struct pulse_args *args, int argc, char **argv,
                                struct pulse_config *config, struct pulse_err *err)
{
    const char *path = pulse_args_find(argv, "config");
    struct pulse_whole text = {0};
    *config = (struct pulse_config){0};
    if (path != NULL && pulse_store_is_s3(path)) {
        configure_store(argv);
        if (pulse_whole_read(path, PULSE_YAML_MOST_BYTES, &text, err) != 0)
            return -1;
    }
    const struct pulse_config_text there = {.bytes = text.bytes, .n = text.n};
    const int status =
        pulse_config_expand(args, argc, argv, text.bytes == NULL ? NULL : &there, config, err);
    pulse_whole_clear(&text);
    return status;
}

void pulse_options_blame_config(char *const *argv, const struct pulse_config *config,
                                struct pulse_err *err)
{
    struct pulse_options alone = pulse_options_defaults();
    const struct pulse_args args = pulse_options_args(&alone);
    struct pulse_err why = {.kind = PULSE_OK};
    /* The program's name and the file's words stand first. */
    if (config->n_added > 0 &&
        pulse_args_parse(&args, 1 + config->n_added, config->argv, &why) != 0)
        (void)pulse_fail(err, why.kind, "--config %.200s: %s", pulse_args_find(argv, "config"),
                         why.text);
    pulse_options_clear(&alone);
}
