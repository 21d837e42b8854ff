#include "data/hdf5/guard/child.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/number.h"
#include "data/common/wire.h"
#include "data/hdf5/guard/jail.h"
#include "data/hdf5/guard/message.h"
#include "store/store.h"

static const int64_t MOST_ANSWER = INT64_C(1) << 40; /* bytes of address space */

enum {
    FAR_PAGE = 64 << 10,  /* read at once where the library wants little: of an object … */
    NEAR_PAGE = 128 << 10 /* … and of a file */
};

struct pulse_h5_reply {
    int memory;
    int64_t bytes; /* of the answer */
    void *map;
    int64_t map_bytes;
};

/* ---- The file's bytes ------------------------------------------------------------ */

/* What the child reads with. */
struct reader {
    int socket;
    int file;      /* to be read from; -1: the parent is asked */
    int64_t alone; /* bytes read from it since the last answer */
    const char *window;
    int64_t at, held; /* what the window holds of the file */
};

/* `n` bytes from `offset` on into the window, or as many as fit. */
static int fill_window(struct reader *reader, int64_t offset, int64_t n, struct pulse_err *err)
{
    struct pulse_h5_message got;
    const int64_t want = n < PULSE_H5_WINDOW ? n : PULSE_H5_WINDOW;
    reader->held = 0;
    if (!pulse_h5_put_message(reader->socket, PULSE_H5_WANT, offset, want) ||
        !pulse_h5_get_bytes(reader->socket, &got, sizeof got))
        _exit(0);                               /* nobody is waiting for an answer any more */
    if (got.what != PULSE_H5_GOT || got.at < 0) /* the parent knows why */
        return pulse_fail(err, PULSE_E_STORAGE, "the file cannot be read");
    reader->at = offset;
    reader->held = want;
    return 0;
}

/* False where that fails: the parent, who is asked then, knows how to say why. */
static bool read_alone(struct reader *reader, int64_t offset, void *out, int64_t n)
{
    int64_t done = 0;
    while (reader->file >= 0 && done < n) {
        const ssize_t got =
            pread(reader->file, (char *)out + done, (size_t)(n - done), (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        done += got;
    }
    reader->alone += done;
    return done == n;
}

static int read_bytes(void *context, int64_t offset, void *out, int64_t n, struct pulse_err *err)
{
    struct reader *reader = context;
    if (read_alone(reader, offset, out, n))
        return 0;
    for (char *to = out; n > 0;) {
        const int64_t skip = offset - reader->at;
        if (skip < 0 || skip >= reader->held) {
            if (fill_window(reader, offset, n, err) != 0)
                return -1;
            continue;
        }
        const int64_t some = n < reader->held - skip ? n : reader->held - skip;
        memcpy(to, reader->window + skip, (size_t)some);
        to += some;
        offset += some;
        n -= some;
    }
    return 0;
}

/* ---- Answers -------------------------------------------------------------------- */

/* Answers are no part of what a broken file may use up. */
static void widen_limit(int64_t bytes)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        limit.rlim_cur += (rlim_t)bytes;
        if (limit.rlim_cur > limit.rlim_max)
            limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_AS, &limit);
    }
}

void *pulse_h5_reply_buffer(struct pulse_h5_reply *reply, int64_t bytes, struct pulse_err *err)
{
    if (bytes > reply->map_bytes && bytes < INT64_MAX - PULSE_H5_WINDOW) {
        if (reply->map != NULL)
            (void)munmap(reply->map, (size_t)reply->map_bytes);
        widen_limit(bytes - reply->map_bytes);
        reply->map = ftruncate(reply->memory, (off_t)(PULSE_H5_WINDOW + bytes)) == 0
                         ? pulse_h5_map_answer(reply->memory, bytes)
                         : NULL;
        reply->map_bytes = reply->map == NULL ? 0 : bytes;
    }
    reply->bytes = bytes;
    if (bytes > 0 && bytes <= reply->map_bytes)
        return reply->map;
    (void)pulse_fail(err, PULSE_E_MEMORY, "out of memory: %lld bytes of an HDF5 file",
                     (long long)bytes);
    return NULL;
}

int pulse_h5_reply_wire(struct pulse_wire *wire, struct pulse_h5_reply *reply)
{
    void *capacity = wire->failed ? NULL : pulse_h5_reply_buffer(reply, wire->used, wire->err);
    if (capacity != NULL)
        memcpy(capacity, wire->bytes, (size_t)wire->used);
    free(wire->bytes);
    *wire = (struct pulse_wire){.err = wire->err};
    return capacity == NULL ? -1 : 0;
}

/* ---- What it may do ------------------------------------------------------------- */

/* To `most`, and for good to `hard`. */
static void lower_limit(__rlimit_resource_t what, int64_t most, int64_t hard)
{
    struct rlimit limit;
    if (getrlimit(what, &limit) != 0)
        return;
    if (limit.rlim_cur > (rlim_t)most)
        limit.rlim_cur = (rlim_t)most;
    if (limit.rlim_max > (rlim_t)hard)
        limit.rlim_max = (rlim_t)hard;
    (void)setrlimit(what, &limit);
}

/* Address space in use; 0 where it is not known, or where a sanitizer has reserved most of it. */
static int64_t used_memory(void)
{
#if defined(__SANITIZE_ADDRESS__)
    return 0;
#else
    char text[200] = ""; /* in pages: "85713 1203 …" */
    FILE *f = fopen("/proc/self/statm", "re");
    if (f != NULL && fgets(text, sizeof text, f) == NULL)
        text[0] = '\0';
    if (f != NULL)
        (void)fclose(f);
    int64_t pages = 0;
    (void)pulse_parse_digits(text, &pages);
    return pages * sysconf(_SC_PAGESIZE);
#endif
}

/* Enough for any honest file of this size, too little to hurt: a chunk that unpacks without end, a
 * tree of blocks that leads in a circle. */
static void set_limits(int64_t file_bytes)
{
    enum { MEMORY = 512 << 20, SECONDS = 2, RATE = 256 << 10 };
    const int64_t most = INT64_C(1) << 32, counted = file_bytes < most ? file_bytes : most;
    const int64_t used = used_memory(), seconds = SECONDS + file_bytes / RATE;
    const int64_t memory = used + MEMORY + 4 * counted;
    if (used > 0)
        lower_limit(RLIMIT_AS, memory, memory + MOST_ANSWER);
    lower_limit(RLIMIT_CPU, seconds, seconds + 1);
    lower_limit(RLIMIT_CORE, 0, 0);
}

static int compare_integers(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* Closes all descriptors but these (-1: none), which it sorts, the standard streams too: what
 * libraries say when they abort is not for the user. None can be opened after this. */
static void keep_only(int *kept, size_t n)
{
    unsigned next = 0;
    qsort(kept, n, sizeof *kept, compare_integers);
    for (size_t i = 0; i < n; i++) {
        if (kept[i] > (int)next)
            (void)close_range(next, (unsigned)kept[i] - 1, 0);
        next = (unsigned)(kept[i] + 1);
    }
    (void)close_range(next, ~0U, 0);
    lower_limit(RLIMIT_NOFILE, 0, 0);
}

static void reset_signals(void)
{
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGSYS, SIGXCPU, SIGCHLD};
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}; /* the parent's */
    sigset_t none;
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        (void)signal(fatal[i], SIG_DFL);
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        (void)signal(ignored[i], SIG_IGN);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* ---- Requests ------------------------------------------------------------------- */

static bool answer_one(const struct pulse_h5_link *link, const struct pulse_h5_server *server,
                       const struct pulse_h5_bytes *bytes, struct reader *reader,
                       struct pulse_h5_reply *reply)
{
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_h5_message asked;
    char *request = NULL;
    reader->alone = 0;
    bool going =
        pulse_h5_get_bytes(link->socket, &asked, sizeof asked) && asked.what == PULSE_H5_REQUEST;
    if (going) {
        request = pulse_calloc(asked.bytes, 1, "a request", &err);
        going = request != NULL && pulse_h5_get_bytes(link->socket, request, asked.bytes);
    }
    if (going && server->serve(server->state, bytes, request, asked.bytes, reply, &err) == 0)
        going = pulse_h5_put_message(link->socket, PULSE_H5_DONE, reader->alone, reply->bytes);
    else if (going)
        going = pulse_h5_put_message(link->socket, PULSE_H5_FAILED, 0, 0) &&
                pulse_h5_put_bytes(link->socket, &err, sizeof err);
    free(request);
    return going;
}

_Noreturn void pulse_h5_child_live(const struct pulse_h5_link *link, pid_t parent,
                                   const struct pulse_h5_server *server)
{
    const bool far = pulse_store_is_s3(pulse_store_uri(link->object));
    const int file = pulse_store_descriptor(link->object);
    struct reader reader = {.socket = link->socket, .file = file, .window = link->window};
    const struct pulse_h5_bytes bytes = {pulse_store_size(link->object), far ? FAR_PAGE : NEAR_PAGE,
                                         FAR_PAGE, &reader, read_bytes};
    struct pulse_h5_reply reply = {.memory = link->memory};
    reset_signals();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        _exit(0);
    /* What the parent has freed it would have to copy before it could use it again. */
    (void)malloc_trim(0);
    set_limits(bytes.size);
    keep_only((int[]){link->socket, link->memory, file}, 3);
    pulse_store_drop_secrets();
    (void)pulse_jail_close(file); /* without it what is above still holds */
    while (answer_one(link, server, &bytes, &reader, &reply))
        ;
    _exit(0);
}
