/* Any bytes as a pickle: its catalog, the wide file and the long dataset. */
#include <stdlib.h>

#include "dataset_target.h"
#include "target.h"

const struct fuzz_plan fuzz_plan = {.mutations = 20000, .changes = 4};

#define F8 "cnumpy\ndtype\n(Vf8\nI00\nI01\ntR(I3\nV<\nNNNI-1\nI-1\nI0\ntb"
#define ARRAY(dtype, data)                                                                         \
    "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\nt\x43\x01"                       \
    "btR(I1\n(I1\n"                                                                                \
    "I2\nt" dtype "I00\n" data "tb"

static const struct fuzz_bytes corpus[] = {
    FUZZ_BYTES("(dVdate\n(lV2020-01-01\naV2020-01-02\nasVa\n(lF1.5\naNas."),
    FUZZ_BYTES("(l(dVdate\nV2020-01-01\nsVa\nI1\nsa(dVdate\nV2020-01-02\nsVa\nL2L\nsVb\nI01\nsa."),
    FUZZ_BYTES("\x80\x04]\x94(}\x94(\x8c\x04"
               "date\x94\x8c\x0a"
               "2020-01-01\x8c\x01"
               "a\x94K\x01u}(h\x02"
               "\x8c\x0a"
               "2020-01-02h\x03G?\xf0\0\0\0\0\0\0ue."),
    FUZZ_BYTES("(dVdate\n(lV2020-01-01\naV2020-01-02\nasVa\n" ARRAY(
        F8, "C\x10\0\0\0\0\0\0\xf0?\0\0\0\0\0\0\0@") "s."),
    FUZZ_BYTES(
        "(dVdate\n(lcdatetime\ndatetime\n(C\x0a\x07\xe4\x01\x01\0\0\0\0\0\0tRasVa\n(lI1\nas."),
    FUZZ_BYTES(""),
};

const uint8_t *fuzz_sample(size_t i, size_t *size)
{
    return fuzz_take_sample(corpus, sizeof corpus / sizeof *corpus, i, size);
}

static void read_wide(const char *path, const struct pulse_catalog *catalog)
{
    struct pulse_err err = {0};
    struct pulse_wide *wide;
    struct pulse_block block;
    int64_t bytes = 0;
    for (int part = 0; part < 2; part++) {
        const char *name = catalog->entries[0].name;
        if (pulse_wide_open(path, part, 2, NULL, &wide, &err) != 0)
            abort(); /* the catalog could */
        if (pulse_wide_read(wide, false, &name, 1, &block, &bytes, &err) == 0)
            pulse_block_clear(&block);
        pulse_wide_free(wide);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_read_dataset(data, size, "pkl", read_wide, NULL);
    return 0;
}
