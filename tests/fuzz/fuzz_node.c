/* Any bytes as what nodes find at the rendezvous, and as what reaches them over ssh: nothing of it
 * gets into a configuration file or a command line but what belongs there. */
#include <stdlib.h>
#include <string.h>

#include "node/argv_file.h"
#include "node/node_info.h"
#include "node/quota.h"
#include "node/relay.h"
#include "node/session.h"
#include "node/ssh.h"
#include "target.h"

const struct fuzz_plan fuzz_plan = {.mutations = 40000, .changes = 4};

static const struct fuzz_bytes corpus[] = {
    FUZZ_BYTES("{\"node\": 1, \"address\": \"10.0.1.7\", \"network\": \"10.0.1.0/24\", \"port\": "
               "40000, \"slots\": 4, \"image\": \"0123abcd\", \"key\": \"ssh-ed25519 AAAAC3Nz\"}"),
    FUZZ_BYTES("{\"node\": 0, \"address\": \"\", \"network\": \"\", \"port\": 0, \"slots\": 1, "
               "\"image\": \"\", \"key\": \"ssh-ed25519 A\\nHost *\"}"),
    FUZZ_BYTES("[\"pulse-train\", \"--data\", \"s3://b/k\", \"\", \"--lags=3\"]"),
    FUZZ_BYTES("( test ! -r ./.profile || . ./.profile; orted -mca ess \"env\" -mca x 'a b' )"),
    FUZZ_BYTES("[1,3]<stdout>:a line\n[1,0]<stderr>:another"),
    FUZZ_BYTES("150000 100000"),
    FUZZ_BYTES("beat"),
    FUZZ_BYTES(""),
};

const uint8_t *fuzz_sample(size_t i, size_t *size)
{
    return fuzz_take_sample(corpus, sizeof corpus / sizeof *corpus, i, size);
}

static size_t lines_of(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        n += *text == '\n';
    return n;
}

static void read_info(const char *text)
{
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_node_info info, again;
    if (pulse_node_info_parse(text, "fuzz", &info, &err) != 0)
        return;
    char *hosts = pulse_ssh_known_hosts(&info, 1, &err);
    if (hosts == NULL || lines_of(hosts) > 1)
        abort(); /* a node is one line */
    free(hosts);
    char *made = pulse_node_info_text(&info, &err);
    if (made == NULL || pulse_node_info_parse(made, "fuzz", &again, &err) != 0 ||
        strcmp(info.key, again.key) != 0 || info.port != again.port)
        abort();
    free(made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_argv argv = {0};
    int64_t rank;
    char *behind, *text = calloc(size + 1, 1);
    if (text == NULL)
        abort();
    if (size > 0)
        memcpy(text, data, size);
    read_info(text);
    (void)pulse_argv_file_parse(text, "fuzz", &argv, &err);
    pulse_argv_clear(&argv);
    err = (struct pulse_err){.kind = PULSE_OK};
    if (pulse_session_command(text, &argv, &err) == 0 && argv.n > 0 &&
        strcmp(argv.word[0], "orted") != 0)
        abort();
    pulse_argv_clear(&argv);
    (void)pulse_quota_v2(text);
    (void)pulse_quota_v1(text, text);
    (void)pulse_relay_tag(text, &rank, &behind);
    free(text);
    return 0;
}
