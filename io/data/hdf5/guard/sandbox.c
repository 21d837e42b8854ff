#include "data/hdf5/guard/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/shutdown.h"
#include "data/hdf5/guard/child.h"
#include "data/hdf5/guard/message.h"

enum { REQUEST_MOST = 64 << 20 }; /* bytes of a request */

struct pulse_h5_sandbox {
    struct pulse_object *object;
    pid_t pid; /* −1: gone */
    int socket;
    int memory; /* the window, then the answer */
    char *window, *answer;
    int64_t answer_bytes; /* that are mapped */
    struct pulse_err end; /* of the child, once it has ended */
};

/* ---- Start and end -------------------------------------------------------------- */

/* The shared memory can grow, and never shrink under a reader. */
static int make_memory(struct pulse_h5_sandbox *guard, struct pulse_err *err)
{
    guard->memory = memfd_create("pulse-h5", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (guard->memory < 0 || ftruncate(guard->memory, PULSE_H5_WINDOW) != 0 ||
        fcntl(guard->memory, F_ADD_SEALS, F_SEAL_SHRINK) != 0)
        return pulse_fail_errno(err, errno, "%s: shared memory to read it",
                                pulse_store_uri(guard->object));
    void *map = mmap(NULL, PULSE_H5_WINDOW, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
                     guard->memory, 0);
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
        const struct pulse_h5_link link = {guard->object, ends[1], guard->memory, guard->window};
        pulse_h5_child_live(&link, parent, server);
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
        (void)munmap(guard->window, PULSE_H5_WINDOW);
    if (guard->answer != NULL)
        (void)munmap(guard->answer, (size_t)guard->answer_bytes);
    if (guard->socket >= 0)
        (void)close(guard->socket);
    if (guard->memory >= 0)
        (void)close(guard->memory);
    free(guard);
}

/* ---- Calls ---------------------------------------------------------------------- */

/* What the end of a child says of the file. One that was killed from outside says nothing of it. */
static void describe_end(const char *uri, int status, struct pulse_err *err)
{
    const int signal = status != -1 && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    const int code = status != -1 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (signal == SIGKILL)
        (void)pulse_shutdown_describe_death(signal, uri, err);
    else if (signal == SIGXCPU)
        (void)pulse_fail(err, PULSE_E_INPUT,
                         "%s: reading it takes too long for its size; the file is corrupted", uri);
    else if (signal != 0)
        (void)pulse_fail(err, PULSE_E_INPUT,
                         "%s: the HDF5 library crashed on it (%s); the file is corrupted", uri,
                         strsignal(signal));
    else if (code > 0)
        (void)pulse_fail(err, PULSE_E_INPUT,
                         "%s: the HDF5 library broke off on it (exit code %d); the file is "
                         "corrupted",
                         uri, code);
    else
        (void)pulse_fail(err, PULSE_E_INPUT,
                         "%s: the HDF5 library broke off on it; the file is corrupted", uri);
}

/* The child broke off, or talks nonsense: both end it, and its error is that of all further calls.
 * One that has died has its status; what talks nonsense has ours. */
static int end_child(struct pulse_h5_sandbox *guard, bool nonsense, struct pulse_err *err)
{
    if (guard->pid > 0) {
        (void)kill(guard->pid, SIGKILL);
        const int status = reap_child(guard);
        describe_end(pulse_store_uri(guard->object), nonsense ? -1 : status, &guard->end);
    }
    *err = guard->end;
    return -1;
}

static bool is_in_file(const struct pulse_h5_sandbox *guard, const struct pulse_h5_message *want)
{
    const int64_t size = pulse_store_size(guard->object);
    return want->at >= 0 && want->bytes >= 1 && want->bytes <= PULSE_H5_WINDOW &&
           want->at <= size && want->bytes <= size - want->at;
}

/* Reads what the child wants into the window. What goes wrong is kept in `store`. */
static bool fetch_range(struct pulse_h5_sandbox *guard, const struct pulse_h5_message *want,
                        struct pulse_err *store)
{
    const struct pulse_range range = {want->at, want->bytes, guard->window};
    const int rc = pulse_store_read_ranges(guard->object, &range, 1, store);
    return pulse_h5_put_message(guard->socket, PULSE_H5_GOT, rc == 0 ? 0 : -1, 0);
}

static int take_answer(struct pulse_h5_sandbox *guard, int64_t bytes, struct pulse_h5_answer *out,
                       struct pulse_err *err)
{
    struct stat st;
    if (fstat(guard->memory, &st) != 0 || bytes < 1 || bytes > st.st_size - PULSE_H5_WINDOW)
        return end_child(guard, true, err);
    if (bytes > guard->answer_bytes) {
        if (guard->answer != NULL)
            (void)munmap(guard->answer, (size_t)guard->answer_bytes);
        guard->answer = pulse_h5_map_answer(guard->memory, bytes);
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
    if (!pulse_h5_get_bytes(guard->socket, &said, sizeof said))
        return end_child(guard, false, err);
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
    struct pulse_h5_message message;
    *out = (struct pulse_h5_answer){0};
    if (request_bytes > REQUEST_MOST)
        return pulse_fail(err, PULSE_E_INPUT, "%s: too many columns at once",
                          pulse_store_uri(guard->object));
    if (guard->pid < 0 ||
        !pulse_h5_put_message(guard->socket, PULSE_H5_REQUEST, 0, request_bytes) ||
        !pulse_h5_put_bytes(guard->socket, request, request_bytes))
        return end_child(guard, false, err);
    for (;;) {
        if (!pulse_h5_get_bytes(guard->socket, &message, sizeof message))
            return end_child(guard, false, err);
        if (message.what == PULSE_H5_DONE) {
            pulse_store_was_read(message.at > 0 ? message.at : 0);
            return take_answer(guard, message.bytes, out, err);
        }
        if (message.what == PULSE_H5_FAILED)
            return take_error(guard, &store, err);
        if (message.what != PULSE_H5_WANT || !is_in_file(guard, &message))
            return end_child(guard, true, err);
        if (!fetch_range(guard, &message, &store))
            return end_child(guard, false, err);
    }
}
