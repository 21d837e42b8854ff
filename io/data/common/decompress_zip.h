/* What the one file in a zip archive unpacks to, its bytes taken in order: the directory at the
 * archive's end is not needed. Directories and what the Finder of macOS adds are passed. Works on
 * bytes in memory. Internal to io/data. */
#ifndef PULSE_DATA_COMMON_DECOMPRESS_ZIP_H
#define PULSE_DATA_COMMON_DECOMPRESS_ZIP_H

#include <stdbool.h>
#include <stdint.h>

struct pulse_unzip;

/* NULL where memory is short. */
struct pulse_unzip *pulse_unzip_new(void);
void pulse_unzip_free(struct pulse_unzip *unzip);
void pulse_unzip_restart(struct pulse_unzip *unzip);

/* As pulse_decompressor_run; `done` is set once the file's last byte is out and its sum is right.
 * Gives what is wrong, or NULL. */
const char *pulse_unzip_run(struct pulse_unzip *unzip, const char *in, int64_t n, char *out,
                            int64_t capacity, int64_t *taken, int64_t *made, bool *done);

/* What is said of a workbook, which is such an archive. */
extern const char pulse_workbook_advice[];

#endif
