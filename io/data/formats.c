#include "data/formats.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "data/csv/format.h"
#include "data/hdf5/format.h"
#include "data/parquet/format.h"
#include "data/pickle/format.h"
#include "store/pipe.h"
#include "store/store.h"

static const struct pulse_format *const formats[] = {&pulse_csv_format, &pulse_h5_format,
                                                     &pulse_parquet_format, &pulse_pickle_format};
enum { FORMATS = sizeof formats / sizeof *formats };

const char pulse_formats_expected[] = "historical_NAME.csv, .h5, .parquet or .pkl";

int pulse_format_refuse(const char *path, struct pulse_err *err)
{
    return pulse_fail(err, PULSE_E_INPUT,
                      "%s: its extension is of no known format; give it as .csv, .tsv, .txt, .h5, "
                      ".hdf5, .nc, .parquet or .pkl, of which .csv, .tsv, .txt and .pkl may be "
                      "packed (.gz, .zst, "
                      ".bz2, .xz or .zip after it)",
                      path);
}

/* How a file is called that one of no format is in by its name alone, a.zip: packed, and no more.
 */
static int refuse_packed(const char *path, enum pulse_compression packing, struct pulse_err *err)
{
    const char *extension = pulse_compression_extension(packing);
    const int stem = (int)(strlen(path) - strlen(extension));
    return pulse_fail(err, PULSE_E_INPUT,
                      "%s: its name does not say what is packed in it; call it %.*s.csv%s if that "
                      "is one CSV file, or unpack it",
                      path, stem, path, extension);
}

int pulse_format_refuse_read(const char *path, struct pulse_err *err)
{
    const enum pulse_compression packing = pulse_compression_of_name(path);
    const char *name = pulse_base_name(path), *advice = NULL;
    const size_t packed =
        packing == PULSE_COMPRESSION_NONE ? 0 : strlen(pulse_compression_extension(packing));
    char *stem = strndup(name, strlen(name) - packed);
    if (stem != NULL)
        advice = pulse_foreign_name(stem);
    const bool bare = stem != NULL && packed > 0 && strchr(stem, '.') == NULL;
    free(stem);
    return advice != NULL ? pulse_fail(err, PULSE_E_INPUT, "%s: %s", path, advice)
           : bare         ? refuse_packed(path, packing, err)
                          : pulse_format_refuse(path, err);
}

void pulse_formats_warn_unused(const char *uri, unsigned takes,
                               const struct pulse_read_options *options)
{
    const struct {
        const char *name;
        bool given;
        unsigned needs;
    } all[] = {{" --skip-rows", options->skip_rows > 0, PULSE_TAKES_LINES},
               {" --delimiter", options->delimiter != '\0', PULSE_TAKES_LINES},
               {" --encoding", options->encoding != '\0', PULSE_TAKES_LINES},
               {" --date-format", options->date_format != NULL, PULSE_TAKES_FORM},
               {" --time", options->time != NULL, PULSE_TAKES_TIME}};
    char list[128] = "";
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].given && (takes & all[i].needs) == 0)
            (void)strncat(list, all[i].name, sizeof list - strlen(list) - 1);
    if (list[0] != '\0')
        pulse_warn("%s: of no effect on its format:%s", uri, list);
}

/* Whether the name [name, end) ends with an extension of the format. */
static bool has_extension(const struct pulse_format *format, const char *name, const char *end)
{
    for (size_t i = 0; format->extensions[i] != NULL; i++) {
        const size_t length = strlen(format->extensions[i]);
        if ((size_t)(end - name) >= length &&
            strncasecmp(end - length, format->extensions[i], length) == 0)
            return true;
    }
    return false;
}

const struct pulse_format *pulse_format_of(const char *path)
{
    const bool packed = pulse_compression_of_name(path) != PULSE_COMPRESSION_NONE;
    const char *name = pulse_base_name(path);
    const char *end = packed ? strrchr(name, '.') : name + strlen(name);
    for (size_t i = 0; i < FORMATS; i++)
        if (formats[i]->matches != NULL && formats[i]->matches(path))
            return formats[i];
    for (size_t i = 0; i < FORMATS; i++)
        if (has_extension(formats[i], name, end))
            return packed && !formats[i]->packable ? NULL : formats[i];
    return NULL;
}

/* Cuts `location->file` where "#/path" follows the name of a file with frames. */
static void cut_frame(struct pulse_location *location)
{
    for (char *p = strstr(location->file, "#/"); p != NULL; p = strstr(p + 1, "#/")) {
        *p = '\0';
        location->format = pulse_format_of(location->file);
        if (location->format != NULL && location->format->has_frames) {
            location->frame = location->uri + (p + 1 - location->file);
            return;
        }
        *p = '#';
    }
}

/* Of a pipe its first bytes say what it is: CSV where they say nothing else. */
static int look_at_pipe(struct pulse_location *location, struct pulse_err *err)
{
    static const struct {
        const char *begin;
        const struct pulse_format *format;
    } begins[] = {{"\x89HDF", &pulse_h5_format},
                  {"PAR1", &pulse_parquet_format},
                  {"\x80", &pulse_pickle_format}};
    char first[16];
    struct pulse_object *object;
    if (pulse_store_open(location->file, &object, err) != 0)
        return -1;
    const int64_t size = pulse_store_size(object);
    const int64_t n = size < (int64_t)sizeof first ? size : (int64_t)sizeof first;
    const int rc = pulse_store_read(object, 0, first, n, err);
    pulse_store_close(object);
    location->format = &pulse_csv_format;
    location->packing = pulse_compression_of_bytes(first, n);
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (n >= (int64_t)strlen(begins[i].begin) &&
            memcmp(first, begins[i].begin, strlen(begins[i].begin)) == 0)
            location->format = begins[i].format;
    return rc;
}

int pulse_location_resolve(const char *uri, struct pulse_location *out, struct pulse_err *err)
{
    *out = (struct pulse_location){.uri = pulse_strdup(uri, err), .file = pulse_strdup(uri, err)};
    if (out->uri == NULL || out->file == NULL)
        return -1;
    cut_frame(out);
    out->format = pulse_format_of(out->file);
    out->packing = pulse_compression_of_name(out->file);
    return pulse_pipe_is(out->file) ? look_at_pipe(out, err) : 0;
}

void pulse_location_clear(struct pulse_location *location)
{
    free(location->uri);
    free(location->file);
    *location = (struct pulse_location){0};
}

char *pulse_location_of_frame(const char *file, const char *frame, struct pulse_err *err)
{
    return pulse_print(err, "%s#%s", file, frame);
}
