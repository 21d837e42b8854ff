#include "data/hdf5/guard/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/jail.h"
#include "base/mem.h"
#include "base/number.h"
#include "data/common/wire.h"

static const int64_t MOST_ANSWER = INT64_C(1) << 40; /* bytes of address space */

enum {
    WINDOW = 32 << 20,      /* shared: the file's bytes on their way to the child */
    FAR_PAGE = 64 << 10,    /* read at once where the library wants little: of an object … */
    NEAR_PAGE = 128 << 10,  /* … and of a file */
    REQUEST_MOST = 64 << 20 /* bytes of a request */
};

/* What goes over the socket; some are followed by bytes. */
enum what {
    REQUEST, /* parent: `bytes` follow */
    WANT,    /* child: the file's bytes [at, at + bytes) into the window, please */
    GOT,     /* parent: they are there; at = −1: they could not be read */
    DONE,    /* child: the answer, of so many bytes, lies behind the window; at: bytes of the file
                that it read by itself */
    FAILED   /* child: a struct pulse_err follows */
};

struct message {
    int64_t what, at, bytes;
};

struct pulse_h5_sandbox {
    struct pulse_object *object;
    pid_t pid; /* −1: gone */
    int socket;
    int memory; /* the window, then the answer */
    char *window, *answer;
    int64_t answer_bytes; /* that are mapped */
};

struct pulse_h5_reply {
    int memory;
    int64_t bytes; /* of the answer */
    void *map;
    int64_t map_bytes;
};

/* ---- Socket --------------------------------------------------------------------- */

static bool put_bytes(int to, const void *from, int64_t bytes)
{
    for (const char *p = from; bytes > 0;) {
        const ssize_t n = send(to, p, (size_t)bytes, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        p += n;
        bytes -= n;
    }
    return true;
}

static bool get_bytes(int from, void *to, int64_t bytes)
{
    for (char *p = to; bytes > 0;) {
        const ssize_t n = recv(from, p, (size_t)bytes, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        p += n;
        bytes -= n;
    }
    return true;
}

static bool put_message(int to, enum what what, int64_t at, int64_t bytes)
{
    const struct message message = {what, at, bytes};
    return put_bytes(to, &message, sizeof message);
}

/* ---- The child ------------------------------------------------------------------ */

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
    struct message got;
    const int64_t want = n < WINDOW ? n : WINDOW;
    reader->held = 0;
    if (!put_message(reader->socket, WANT, offset, want) ||
        !get_bytes(reader->socket, &got, sizeof got))
        _exit(0);                      /* nobody is waiting for an answer any more */
    if (got.what != GOT || got.at < 0) /* the parent knows why */
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

/* The answer's part of the shared memory; NULL where it cannot be. */
static void *map_answer(int memory, int64_t bytes)
{
    void *map = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
                     memory, WINDOW);
    return map == MAP_FAILED ? NULL : map;
}

void *pulse_h5_reply_buffer(struct pulse_h5_reply *reply, int64_t bytes, struct pulse_err *err)
{
    if (bytes > reply->map_bytes && bytes < INT64_MAX - WINDOW) {
        if (reply->map != NULL)
            (void)munmap(reply->map, (size_t)reply->map_bytes);
        widen_limit(bytes - reply->map_bytes);
        reply->map = ftruncate(reply->memory, (off_t)(WINDOW + bytes)) == 0
                         ? map_answer(reply->memory, bytes)
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

static bool answer_one(const struct pulse_h5_sandbox *guard, const struct pulse_h5_server *server,
                       const struct pulse_h5_bytes *bytes, struct reader *reader,
                       struct pulse_h5_reply *reply)
{
    struct pulse_err err = {.kind = PULSE_OK};
    struct message asked;
    char *request = NULL;
    reader->alone = 0;
    bool going = get_bytes(guard->socket, &asked, sizeof asked) && asked.what == REQUEST;
    if (going) {
        request = pulse_calloc(asked.bytes, 1, "a request", &err);
        going = request != NULL && get_bytes(guard->socket, request, asked.bytes);
    }
    if (going && server->serve(server->state, bytes, request, asked.bytes, reply, &err) == 0)
        going = put_message(guard->socket, DONE, reader->alone, reply->bytes);
    else if (going)
        going =
            put_message(guard->socket, FAILED, 0, 0) && put_bytes(guard->socket, &err, sizeof err);
    free(request);
    return going;
}

/* Never returns, and calls no exit handler: MPI's and HDF5's belong to the parent. */
static _Noreturn void live_in_child(const struct pulse_h5_sandbox *guard, pid_t parent,
                                    const struct pulse_h5_server *server)
{
    const bool far = pulse_store_is_s3(pulse_store_uri(guard->object));
    const int file = pulse_store_descriptor(guard->object);
    struct reader reader = {.socket = guard->socket, .file = file, .window = guard->window};
    const struct pulse_h5_bytes bytes = {pulse_store_size(guard->object),
                                         far ? FAR_PAGE : NEAR_PAGE, FAR_PAGE, &reader, read_bytes};
    struct pulse_h5_reply reply = {.memory = guard->memory};
    reset_signals();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        _exit(0);
    /* What the parent has freed it would have to copy before it could use it again. */
    (void)malloc_trim(0);
    set_limits(bytes.size);
    keep_only((int[]){guard->socket, guard->memory, file}, 3);
    pulse_store_drop_secrets();
    (void)pulse_jail_close(file); /* without it what is above still holds */
    while (answer_one(guard, server, &bytes, &reader, &reply))
        ;
    _exit(0);
}

/* ---- The parent ----------------------------------------------------------------- */

/* The shared memory can grow, and never shrink under a reader. */
static int make_memory(struct pulse_h5_sandbox *guard, struct pulse_err *err)
{
    guard->memory = memfd_create("pulse-h5", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (guard->memory < 0 || ftruncate(guard->memory, WINDOW) != 0 ||
        fcntl(guard->memory, F_ADD_SEALS, F_SEAL_SHRINK) != 0)
        return pulse_fail_errno(err, errno, "%s: shared memory to read it",
                                pulse_store_uri(guard->object));
    void *map =
        mmap(NULL, WINDOW, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, guard->memory, 0);
    if (map == MAP_FAILED)
        return pulse_fail_errno(err, errno, "%s: shared memory to read it",
                                pulse_store_uri(guard->object));
    guard->window = map;
    return 0;
}

static int start_child(struct pulse_h5_sandbox *guard, const struct pulse_h5_server *server,
                       struct pulse_err *err)
{
    int ends[2];
    const pid_t parent = getpid();
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return pulse_fail_errno(err, errno, "%s: a process to read it",
                                pulse_store_uri(guard->object));
    guard->pid = fork();
    if (guard->pid == 0) {
        (void)close(ends[0]);
        guard->socket = ends[1];
        live_in_child(guard, parent, server);
    }
    const int why = errno;
    (void)close(ends[1]);
    guard->socket = ends[0];
    return guard->pid > 0 ? 0
                          : pulse_fail(err, PULSE_E_TEMPORARY, "%s: no process to read it: %s",
                                       pulse_store_uri(guard->object), strerror(why));
}

int pulse_h5_sandbox_start(struct pulse_object *object, const struct pulse_h5_server *server,
                           struct pulse_h5_sandbox **out, struct pulse_err *err)
{
    struct pulse_h5_sandbox *guard = pulse_calloc(1, sizeof *guard, "a reader of HDF5", err);
    if (guard == NULL)
        return -1;
    *guard = (struct pulse_h5_sandbox){.object = object, .pid = -1, .socket = -1, .memory = -1};
    /* The library starts here, so that the child need not ask MPI whether it runs. */
    (void)H5open();
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    if (make_memory(guard, err) != 0 || start_child(guard, server, err) != 0) {
        pulse_h5_sandbox_free(guard);
        return -1;
    }
    *out = guard;
    return 0;
}

/* Waits for the child's end; −1 where somebody else has seen it. */
static int reap_child(struct pulse_h5_sandbox *guard)
{
    int status = -1;
    pid_t ended;
    do
        ended = waitpid(guard->pid, &status, 0);
    while (ended < 0 && errno == EINTR);
    guard->pid = -1;
    return ended < 0 ? -1 : status;
}

void pulse_h5_sandbox_free(struct pulse_h5_sandbox *guard)
{
    if (guard == NULL)
        return;
    if (guard->pid > 0) {
        (void)kill(guard->pid, SIGKILL);
        (void)reap_child(guard);
    }
    if (guard->window != NULL)
        (void)munmap(guard->window, WINDOW);
    if (guard->answer != NULL)
        (void)munmap(guard->answer, (size_t)guard->answer_bytes);
    if (guard->socket >= 0)
        (void)close(guard->socket);
    if (guard->memory >= 0)
        (void)close(guard->memory);
    free(guard);
}

/* The child broke off, or talks nonsense: both end it. */
static int fail_dead(struct pulse_h5_sandbox *guard, struct pulse_err *err)
{
    const char *uri = pulse_store_uri(guard->object);
    if (guard->pid > 0) {
        (void)kill(guard->pid, SIGKILL); /* in case it lives: one that has died has its status */
        const int status = reap_child(guard);
        const int signal = status != -1 && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        const int code = status != -1 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        if (signal == SIGXCPU)
            return pulse_fail(err, PULSE_E_INPUT,
                              "%s: reading it takes too long for its size; the file is corrupted",
                              uri);
        if (signal != 0)
            return pulse_fail(err, PULSE_E_INPUT,
                              "%s: the HDF5 library crashed on it (%s); the file is corrupted", uri,
                              strsignal(signal));
        if (code > 0)
            return pulse_fail(err, PULSE_E_INPUT,
                              "%s: the HDF5 library broke off on it (exit code %d); the file is "
                              "corrupted",
                              uri, code);
    }
    return pulse_fail(err, PULSE_E_INPUT,
                      "%s: the HDF5 library broke off on it; the file is corrupted", uri);
}

/* Reads what the child wants into the window. What goes wrong is kept in `store`. */
static bool fetch_range(struct pulse_h5_sandbox *guard, const struct message *want,
                        struct pulse_err *store)
{
    const int64_t size = pulse_store_size(guard->object);
    if (want->at < 0 || want->bytes < 1 || want->bytes > WINDOW || want->at > size ||
        want->bytes > size - want->at)
        return false;
    const struct pulse_range range = {want->at, want->bytes, guard->window};
    const int rc = pulse_store_read_ranges(guard->object, &range, 1, store);
    return put_message(guard->socket, GOT, rc == 0 ? 0 : -1, 0);
}

static int take_answer(struct pulse_h5_sandbox *guard, int64_t bytes, struct pulse_h5_answer *out,
                       struct pulse_err *err)
{
    struct stat st;
    if (fstat(guard->memory, &st) != 0 || bytes < 1 || bytes > st.st_size - WINDOW)
        return fail_dead(guard, err);
    if (bytes > guard->answer_bytes) {
        if (guard->answer != NULL)
            (void)munmap(guard->answer, (size_t)guard->answer_bytes);
        guard->answer = map_answer(guard->memory, bytes);
        guard->answer_bytes = guard->answer == NULL ? 0 : bytes;
        if (guard->answer == NULL)
            return pulse_fail_errno(err, errno, "%s: what was read of it",
                                    pulse_store_uri(guard->object));
    }
    *out = (struct pulse_h5_answer){guard->answer, bytes};
    return 0;
}

/* The child's error, made one of ours: of a known kind, one line. */
static int take_error(struct pulse_h5_sandbox *guard, const struct pulse_err *store,
                      struct pulse_err *err)
{
    struct pulse_err said;
    if (!get_bytes(guard->socket, &said, sizeof said))
        return fail_dead(guard, err);
    if (store->kind != PULSE_OK) {
        *err = *store;
        return -1;
    }
    said.text[PULSE_ERR_TEXT - 1] = '\0';
    return pulse_fail(err, said.kind == PULSE_E_MEMORY ? PULSE_E_MEMORY : PULSE_E_INPUT, "%s",
                      said.text);
}

int pulse_h5_sandbox_call(struct pulse_h5_sandbox *guard, const void *request,
                          int64_t request_bytes, struct pulse_h5_answer *out, struct pulse_err *err)
{
    struct pulse_err store = {.kind = PULSE_OK};
    struct message message;
    *out = (struct pulse_h5_answer){0};
    if (request_bytes > REQUEST_MOST)
        return pulse_fail(err, PULSE_E_INPUT, "%s: too many columns at once",
                          pulse_store_uri(guard->object));
    if (guard->pid < 0 || !put_message(guard->socket, REQUEST, 0, request_bytes) ||
        !put_bytes(guard->socket, request, request_bytes))
        return fail_dead(guard, err);
    for (;;) {
        if (!get_bytes(guard->socket, &message, sizeof message))
            return fail_dead(guard, err);
        if (message.what == DONE) {
            pulse_store_was_read(message.at > 0 ? message.at : 0);
            return take_answer(guard, message.bytes, out, err);
        }
        if (message.what == FAILED)
            return take_error(guard, &store, err);
        if (message.what != WANT || !fetch_range(guard, &message, &store))
            return fail_dead(guard, err);
    }
}
