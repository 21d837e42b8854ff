/* Any bytes as a credentials file, and as the JSON that credential processes print. */
#include <stdlib.h>
#include <string.h>

#include "store/aws/credentials_net.h"
#include "store/aws/ini.h"
#include "target.h"

const struct fuzz_plan fuzz_plan = {.mutations = 40000, .changes = 4};

static const struct fuzz_bytes corpus[] = {
    FUZZ_BYTES(
        "[default]\naws_access_key_id = A\r\naws_secret_access_key=s\n# c\n[profile  p]\nregion=r\n"
        "s3 =\n  addressing_style = path\n[ two ]\naws_session_token = t==\n"),
    FUZZ_BYTES("[profile p\naws_access_key_id\n=\n[]\n[profile]\n"),
    FUZZ_BYTES("{\"Version\": 1, \"AccessKeyId\": \"A\", \"SecretAccessKey\": \"s\", "
               "\"SessionToken\": \"t\", "
               "\"Expiration\": \"2026-11-24T10:00:00Z\"}"),
    FUZZ_BYTES("{\"AccessKeyId\": [[[[[[[[1]]]]]]]], \"Version\": \"1\"}"),
    FUZZ_BYTES(""),
};

const uint8_t *fuzz_sample(size_t i, size_t *size)
{
    return fuzz_take_sample(corpus, sizeof corpus / sizeof *corpus, i, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const sections[] = {"default", "two", "profile p", "profile "};
    static const char *const keys[] = {"aws_access_key_id", "aws_session_token", "region", ""};
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_credentials c = {NULL, NULL, NULL, 0, NULL};
    char *text = malloc(size + 1);
    if (text == NULL)
        abort();
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < 4; k++)
            free(pulse_ini_value(text, sections[i], keys[k], &err));
    (void)pulse_credentials_from_json(text, "SessionToken", "a test", &c, &err);
    pulse_credentials_clear(&c);
    free(text);
    return 0;
}
