/* What a file format can do, as tables of functions: each format's folder fills one (csv/format.c,
 * …), data/formats.c lists them, and the faces dataset, table and table_write call them. Adding a
 * format is a folder and a row there. Internal to io/data. */
#ifndef PULSE_DATA_COMMON_FORMAT_H
#define PULSE_DATA_COMMON_FORMAT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "data/common/location.h"
#include "data/common/types.h"

/* ---- Reading a time and columns of numbers --------------------------------------- */

/* Columns of equal length with a time. Borrowed from the open file. */
struct pulse_frame {
    const char *path; /* within the file; NULL where a file holds just one */
    int64_t n;
    char *const *names;       /* n; "" for a column that is no variable */
    const bool *numeric;      /* n; NULL where all are */
    const bool *empty;        /* n: no row has a value; NULL where that is not known of any */
    int64_t time;             /* column of the time; -1 where it is not among them */
    const char *const *holds; /* n: what a column holds that is no variable (pulse_kind_name, or
                                 PULSE_HOLDS_…); an element or all NULL: not known */
    const char *note;         /* what else of the file is left out, for a warning; NULL: nothing */
};

/* Which columns of a frame are to be read, each at most once, by position; the rows are those of
 * the part that was opened. */
struct pulse_frame_request {
    int64_t frame;
    bool begins_quoted; /* an odd number of the parts before this one flip quotes */
    const int64_t *columns;
    int64_t n;
};

/* `open` opens part `part` of `parts` of the rows; `location` is borrowed while the file is open.
 * The functions that may be NULL say what NULL stands for. */
struct pulse_dataset_face {
    int (*open)(const struct pulse_location *location, int part, int parts,
                const struct pulse_read_options *options, void **file, struct pulse_err *err);
    void (*close)(void *file);                 /* NULL is legal */
    int64_t (*count_frames)(const void *file); /* NULL: there is one */
    void (*describe_frame)(const void *file, int64_t frame, struct pulse_frame *out);
    bool (*flips_quotes)(const void *file); /* NULL: no */
    /* PULSE_E_INPUT where the file cannot be a long dataset of the variable. NULL: it can. */
    int (*check_series)(const void *file, const char *variable, struct pulse_err *err);
    /* Fills `out`, to be cleared; adds to `bytes_read`. */
    int (*read)(void *file, const struct pulse_frame_request *request, struct pulse_block *out,
                int64_t *bytes_read, struct pulse_err *err);
};

/* Part `part` of `parts` of the rows 0 … rows − 1. */
void pulse_part_of_rows(int64_t rows, int part, int parts, int64_t *first, int64_t *n);

/* ---- Writing a table ------------------------------------------------------------- */

struct pulse_table_writer_options {
    const char *path; /* for messages, and its extension for format and packing … */
    const struct pulse_format *format; /* … unless this is not NULL, and the file not packed */
    const char *temporary; /* the file being written, for libraries that open files by name */
    FILE *stream;          /* the same file */
    int codec;             /* of Parquet; by data/common/codec.h */
    int64_t group_rows;    /* of Parquet; 0 for the default */
    bool dates;            /* of CSV: times are days, and written as such */
};

/* `columns` are borrowed until the end. Errors of the stream are for its owner to look at. */
struct pulse_table_writer_face {
    int (*open)(const struct pulse_table_writer_options *options,
                const struct pulse_table_column *columns, int64_t n, void **file,
                struct pulse_err *err);
    int (*write)(void *file, const struct pulse_batch *batch, struct pulse_err *err);
    int (*end)(void *file, struct pulse_err *err); /* writes what is left */
    void (*free)(void *file);                      /* NULL is legal */
};

/* ---- Files of other programs ----------------------------------------------------- */

/* What a file with such a name, without what it is packed by, or with such bytes at its beginning
 * is, and what makes CSV of it; NULL for what is not known. */
const char *pulse_foreign_name(const char *name);
const char *pulse_foreign_table(const char *name); /* of tables alone: no page, archive or JSON */
const char *pulse_foreign_bytes(const char *at, int64_t n);

/* The same of a file that is not of the format that its name says, also where it is of another one
 * of ours. */
const char *pulse_content_of(const char *at, int64_t n);

/* ---- The format ------------------------------------------------------------------ */

struct pulse_table;

/* Options of reading that not every format takes. */
enum {
    PULSE_TAKES_LINES = 1, /* skip_rows, delimiter, encoding */
    PULSE_TAKES_FORM = 2,  /* date_format */
    PULSE_TAKES_TIME = 4   /* time */
};

struct pulse_format {
    const char *extensions[4]; /* ".csv"; NULL after the last */
    bool packable;             /* .gz, .zst, .bz2, .xz or .zip may follow the extension */
    bool undivided;            /* read from its beginning only: all rows are in the first part */
    unsigned takes;            /* which of the options of reading mean something in it */
    bool needs_file;           /* written by a library that opens files by their name */
    bool has_frames;           /* FILE#/path names one of several frames */
    bool (*matches)(const char *uri); /* whether a uri without extension is of it; NULL: no */
    struct pulse_dataset_face dataset;
    /* Opens the file as a table (open_table.h), to be freed with pulse_table_free. */
    int (*open_table)(const struct pulse_location *location,
                      const struct pulse_read_options *options, struct pulse_table **out,
                      struct pulse_err *err);
    struct pulse_table_writer_face writer;
};

#endif
