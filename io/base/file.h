/* Files that appear under their name only when whole: written under a hidden name in the same
 * directory, flushed to disk, then renamed. Local files only; knows nothing of formats. */
#ifndef PULSE_BASE_FILE_H
#define PULSE_BASE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/error.h"

/* What files need of a process, first of all in main(). Standard input, output and error that are
 * closed become /dev/null, or the next file that is opened would get their descriptor and what the
 * program prints. Reads end at once, writes of results fail, writes of errors are lost. A write
 * beyond a limit of file sizes fails like one on a full disk, without a signal. */
void pulse_file_begin_process(void);

/* Lists a file, or a directory with the files in it, as to be removed when a signal ends the
 * process: a number for pulse_file_drop_temporary, which is legal with 0; 0 where too many are
 * listed. Hidden files of writers are listed. `path` is copied. Any thread. */
int pulse_file_list_temporary(const char *path);
void pulse_file_drop_temporary(int listed);

/* Removes what is listed. For signal handlers: system calls alone. */
void pulse_file_remove_temporaries(void);

struct pulse_writer {
    FILE *stream;    /* write here; NULL when closed */
    char *temporary; /* the hidden name, for libraries that open files by name; NULL: a device */
    int listed;      /* among the temporary files */
    char *path;      /* where a symbolic link leads to */
};

/* Creates the hidden file beside `path`, or beside the file that it is a symbolic link to; the link
 * stays. A device or pipe, also where a link leads to one as /dev/stdout does, is not replaced but
 * written to, which waits for a pipe's reader. PULSE_E_INPUT for a directory, PULSE_E_STORAGE
 * for a link that leads nowhere. Clear with commit or discard. */
int pulse_writer_open(struct pulse_writer *writer, const char *path, struct pulse_err *err);

/* The same for HDF5, which opens `temporary` by its name: a device is PULSE_E_STORAGE. */
int pulse_writer_open_file(struct pulse_writer *writer, const char *path, struct pulse_err *err);

/* Whether pulse_writer_open would write to what is called so and not replace it. */
bool pulse_file_is_device(const char *path);

/* Flushes, syncs, renames to `path` and syncs the directory; every write error that the stream has
 * seen is reported here. Releases the writer either way; on failure the hidden file is gone and
 * `path` is what it was before. */
int pulse_writer_commit(struct pulse_writer *writer, struct pulse_err *err);

/* The same without waiting for the disk, which may take longer than all else: for files that can be
 * made again, and are checked when they are read. Whole after whatever a process may suffer, but
 * perhaps not after a loss of power. */
int pulse_writer_commit_unsynced(struct pulse_writer *writer, struct pulse_err *err);

/* Removes the hidden file and releases the writer; legal on one that is zeroed or released. */
void pulse_writer_discard(struct pulse_writer *writer);

/* Removes from a directory the hidden files that writers which were killed have left of files whose
 * names end with `ending`. For one who knows that no writer is at work there. */
void pulse_writer_sweep(const char *directory, const char *ending);

/* Removes the hidden files of the same path beside an open writer's, whose processes are dead: no
 * process of this host has the number, and nothing was written for an hour, since on a disk that
 * hosts share it may be another host's. */
void pulse_writer_sweep_dead(const struct pulse_writer *writer);

/* mkdir -p: the directory and those above it, which may be there already. 0, or what mkdir says: an
 * errno. */
int pulse_make_directories(const char *path, mode_t mode);

/* Where temporary files go: TMPDIR, or /tmp where that is unset or empty. Borrowed from the
 * environment. */
const char *pulse_temporary_directory(void);

/* The last component of a path, borrowed from it. */
const char *pulse_base_name(const char *path);

/* Why a stream into a file that is given up has failed: an errno. Writes more to it. */
int pulse_file_why_unwritten(FILE *stream);

/* Writes all n bytes, whatever interrupts it. False with errno. */
bool pulse_write_all(int fd, const void *bytes, int64_t n);

#endif
