#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "data/hdf5/guard/sandbox.h"
#include "data/table.h"

/* ---- A sandbox and its file ------------------------------------------------------- */

enum { BYTES = 3 << 20 }; /* more than goes to the subprocess at once */

struct guarded {
    char *dir, *path;
    unsigned char *bytes;
    struct pulse_object *object;
    struct pulse_h5_sandbox *sandbox;
};

static void guarded_init(struct guarded *g, const struct pulse_h5_server *server, size_t size)
{
    struct pulse_err err = {0};
    uint64_t state = 11;
    g->dir = make_directory();
    g->bytes = malloc(BYTES);
    assert_non_null(g->bytes);
    for (int i = 0; i < BYTES; i++)
        g->bytes[i] = (unsigned char)next_random(&state);
    g->path = write_bytes(g->dir, "some.h5", g->bytes, size);
    assert_int_equal(pulse_store_open(g->path, &g->object, &err), 0);
    if (pulse_h5_sandbox_start(g->object, server, &g->sandbox, &err) != 0)
        fail_msg("%s", err.text);
}

static void guarded_clear(struct guarded *g)
{
    pulse_h5_sandbox_free(g->sandbox);
    pulse_store_close(g->object);
    free(g->bytes);
    free(g->path);
    remove_directory(g->dir);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no subprocess is left */
    assert_int_equal(errno, ECHILD);
}

/* Asks once; the call must fail and say `part` of the file, and so must the next one. */
static void check_dies(const struct pulse_h5_server *server, enum pulse_kind kind, const char *part)
{
    struct guarded g;
    struct pulse_h5_answer answer;
    struct pulse_err err = {0};
    guarded_init(&g, server, 100); /* a small file has little time */
    assert_int_equal(pulse_h5_sandbox_call(g.sandbox, "x", 1, &answer, &err), -1);
    assert_int_equal(err.kind, kind);
    assert_says(&err, part);
    assert_says(&err, g.path);
    err = (struct pulse_err){0};
    assert_int_equal(pulse_h5_sandbox_call(g.sandbox, "x", 1, &answer, &err), -1);
    assert_int_equal(err.kind, kind);
    assert_says(&err, g.path);
    guarded_clear(&g);
}

/* ---- How a subprocess may end -------------------------------------------------------- */

static int serve_signal(void *state, const struct pulse_h5_bytes *bytes, const void *request,
                        int64_t n, struct pulse_h5_reply *reply, struct pulse_err *err)
{
    (void)bytes, (void)request, (void)n, (void)reply, (void)err;
    (void)raise(*(int *)state);
    return 0;
}

static void h5_sandbox__a_crash_is_an_error_that_names_the_file(void **state)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
    (void)state;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        int number = signals[i];
        const struct pulse_h5_server server = {&number, serve_signal};
        check_dies(&server, PULSE_E_INPUT, strsignal(number));
    }
}

/* As the kernel does where memory runs out: that says nothing of the file. */
static void h5_sandbox__a_killed_subprocess_is_no_fault_of_the_file(void **state)
{
    int number = SIGKILL;
    (void)state;
    const struct pulse_h5_server server = {&number, serve_signal};
    check_dies(&server, PULSE_E_MEMORY, "memory");
}

static int serve_exit(void *state, const struct pulse_h5_bytes *bytes, const void *request,
                      int64_t n, struct pulse_h5_reply *reply, struct pulse_err *err)
{
    (void)state, (void)bytes, (void)request, (void)n, (void)reply, (void)err;
    _exit(7);
}

static void h5_sandbox__a_subprocess_that_ends_is_an_error(void **state)
{
    (void)state;
    const struct pulse_h5_server server = {NULL, serve_exit};
    check_dies(&server, PULSE_E_INPUT, "broke off on it (exit code 7)");
}

static int serve_endless(void *state, const struct pulse_h5_bytes *bytes, const void *request,
                         int64_t n, struct pulse_h5_reply *reply, struct pulse_err *err)
{
    (void)state, (void)bytes, (void)request, (void)n, (void)reply, (void)err;
    for (volatile bool going = true; going;)
        ;
    return 0;
}

static void h5_sandbox__endless_work_is_ended(void **state)
{
    (void)state;
    const struct pulse_h5_server server = {NULL, serve_endless};
    check_dies(&server, PULSE_E_INPUT, "takes too long");
}

/* Finds the socket among the few descriptors that are left, and talks nonsense. */
static int serve_nonsense(void *state, const struct pulse_h5_bytes *bytes, const void *request,
                          int64_t n, struct pulse_h5_reply *reply, struct pulse_err *err)
{
    static const int64_t wants_too_much[3] = {1, 90, 11}; /* WANT, at, bytes */
    (void)state, (void)bytes, (void)request, (void)n, (void)reply, (void)err;
    for (int fd = 0; fd < 1024; fd++)
        (void)send(fd, wants_too_much, sizeof wants_too_much, MSG_NOSIGNAL);
    for (volatile bool going = true; going;)
        (void)pause();
    return 0;
}

static void h5_sandbox__nonsense_ends_the_subprocess(void **state)
{
    (void)state;
    const struct pulse_h5_server server = {NULL, serve_nonsense};
    check_dies(&server, PULSE_E_INPUT, "broke off on it; the file is corrupted");
}

/* ---- What a subprocess may do -------------------------------------------------------- */

#if !defined(__SANITIZE_ADDRESS__)
/* A call that is in no list of what reading needs was refused: one point each. */
static int64_t count_refused(pid_t parent)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct rlimit limit = {0};
    int64_t n = 0;
    n += fork() == -1 && errno == EPERM;
    n += kill(parent, 0) == -1 && errno == EPERM;
    n += syscall(SYS_tgkill, parent, parent, 0) == -1 && errno == EPERM;
    n += execl("/bin/true", "true", (char *)NULL) == -1 && errno == EPERM;
    n += ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1 && errno == EPERM;
    n += connect(0, (struct sockaddr *)&address, sizeof address) == -1 && errno == EPERM;
    n += prlimit(parent, RLIMIT_AS, NULL, &limit) == -1 && errno == EPERM;
    n += setrlimit(RLIMIT_CPU, &limit) == -1 && errno == EPERM;
    n += pread(0, &address, 1, 0) == -1 && errno == EPERM; /* of the file alone */
    n += unlink("/nowhere") == -1 && errno == EPERM;
    return n;
}

#endif

/* How many variables AWS_… the environment has; those that were wiped have no name. */
static int64_t count_secrets(void)
{
    int64_t n = 0;
    for (char **variable = environ; *variable != NULL; variable++)
        n += strncmp(*variable, "AWS_", 4) == 0;
    return n;
}

enum { FOUND = 7, REFUSED = 10 };

static int serve_escape(void *state, const struct pulse_h5_bytes *bytes, const void *request,
                        int64_t n, struct pulse_h5_reply *reply, struct pulse_err *err)
{
    (void)bytes, (void)request, (void)n;
    struct stat info;
    int64_t *found = pulse_h5_reply_buffer(reply, FOUND * (int64_t)sizeof *found, err);
    if (found == NULL)
        return -1;
    found[0] = 0;
    for (int fd = 0; fd < 4096; fd++)
        found[0] += syscall(SYS_fstat, fd, &info) == 0;
    found[1] = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    found[2] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    found[3] = dup(0);
#if !defined(__SANITIZE_ADDRESS__)
    found[4] = count_refused(*(const pid_t *)state);
#else
    (void)state;
#endif
    found[5] = count_secrets();
    found[6] = strlen(getenv("PULSE_KEPT") == NULL ? "" : getenv("PULSE_KEPT")) == 4;
    return 0;
}

static void h5_sandbox__the_subprocess_can_open_nothing_and_do_little(void **state)
{
    (void)state;
    pid_t parent = getpid();
    const struct pulse_h5_server server = {&parent, serve_escape};
    struct guarded g;
    struct pulse_h5_answer answer;
    struct pulse_err err = {0};
    assert_int_equal(setenv("AWS_SECRET_ACCESS_KEY", "hush", 1), 0);
    assert_int_equal(setenv("PULSE_KEPT", "hush", 1), 0);
    guarded_init(&g, &server, BYTES);
    if (pulse_h5_sandbox_call(g.sandbox, "", 0, &answer, &err) != 0)
        fail_msg("%s", err.text);
    int64_t found[FOUND];
    memcpy(found, answer.at, sizeof found);
    assert_int_equal(found[0], 3); /* to its parent, the memory they share, and the file */
    for (int i = 1; i < 4; i++)
        assert_int_equal(found[i], -1);
#if !defined(__SANITIZE_ADDRESS__) /* sanitizers need more calls, so there is no filter */
    assert_int_equal(found[4], REFUSED);
#endif
    assert_int_equal(found[5], 0);
    assert_int_equal(found[6], 1);
    assert_string_equal(getenv("AWS_SECRET_ACCESS_KEY"), "hush"); /* the parent goes on */
    guarded_clear(&g);
    (void)unsetenv("AWS_SECRET_ACCESS_KEY");
}

static int serve_hunger(void *state, const struct pulse_h5_bytes *bytes, const void *request,
                        int64_t n, struct pulse_h5_reply *reply, struct pulse_err *err)
{
    enum { STEP = 16 << 20, STEPS = 256 };
    static char *held[STEPS];
    (void)state, (void)bytes, (void)request, (void)n;
    int64_t *got = pulse_h5_reply_buffer(reply, sizeof *got, err);
    int steps = 0;
    while (steps < STEPS && (held[steps] = malloc(STEP)) != NULL)
        steps++;
    for (int i = 0; i < steps; i++)
        free(held[i]);
    if (got != NULL)
        *got = (int64_t)steps * STEP;
    return got == NULL ? -1 : 0;
}

static void h5_sandbox__memory_is_bounded_by_the_files_size(void **state)
{
    (void)state;
#if defined(__SANITIZE_ADDRESS__)
    skip(); /* reserves most of the address space, so there is no limit */
#endif
    const struct pulse_h5_server server = {NULL, serve_hunger};
    struct guarded g;
    struct pulse_h5_answer answer;
    struct pulse_err err = {0};
    guarded_init(&g, &server, BYTES);
    if (pulse_h5_sandbox_call(g.sandbox, "", 0, &answer, &err) != 0)
        fail_msg("%s", err.text);
    int64_t got;
    memcpy(&got, answer.at, sizeof got);
    assert_true(got > 256 << 20 && got < 640 << 20);
    guarded_clear(&g);
}

/* Reads the range that the request names and gives it back; fails where it is asked to. */
static int serve_range(void *state, const struct pulse_h5_bytes *bytes, const void *request,
                       int64_t n, struct pulse_h5_reply *reply, struct pulse_err *err)
{
    int64_t range[2];
    (void)state;
    if (n != sizeof range)
        return pulse_fail(err, PULSE_E_INPUT, "asked\\nto fail");
    memcpy(range, request, sizeof range);
    char *out = pulse_h5_reply_buffer(reply, range[1], err);
    return out == NULL ? -1 : bytes->read(bytes->context, range[0], out, range[1], err);
}

static void h5_sandbox__bytes_of_the_file_and_answers_pass(void **state)
{
    (void)state;
    static const int64_t ranges[][2] = {{0, 1},         {BYTES - 1, 1},    {2, BYTES - 2},
                                        {1, BYTES - 1}, {5, 1 << 20},      {4, (1 << 20) + 1},
                                        {999, 2 << 20}, {1 << 20, 2 << 20}};
    enum { RANGES = sizeof ranges / sizeof *ranges };
    const struct pulse_h5_server server = {NULL, serve_range};
    struct guarded g;
    struct pulse_h5_answer answer, other;
    struct pulse_err err = {0};
    guarded_init(&g, &server, BYTES);
    for (int i = 0; i < RANGES; i++) {
        if (pulse_h5_sandbox_call(g.sandbox, ranges[i], sizeof ranges[i], &answer, &err) != 0)
            fail_msg("%s", err.text);
        assert_int_equal(answer.bytes, ranges[i][1]);
        assert_memory_equal(answer.at, g.bytes + ranges[i][0], (size_t)ranges[i][1]);
        /* An error is an error of that call alone. */
        assert_int_equal(pulse_h5_sandbox_call(g.sandbox, "", 0, &other, &err), -1);
        assert_string_equal(err.text, "asked\\nto fail");
    }
    guarded_clear(&g);
}

/* ---- Files cut and changed ------------------------------------------------------ */

enum { ROWS = 3 };

static void put_column(hid_t group, const char *name, hid_t type, const void *data, bool latest)
{
    const hsize_t rows = ROWS;
    hid_t space = H5Screate_simple(1, &rows, NULL), plist = H5Pcreate(H5P_DATASET_CREATE);
    (void)H5Pset_obj_track_times(plist, false);
    if (latest) {
        (void)H5Pset_chunk(plist, 1, &rows);
        (void)H5Pset_fletcher32(plist);
    }
    hid_t set = H5Dcreate2(group, name, type, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    assert_true(set >= 0 && H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
    (void)H5Dclose(set);
    (void)H5Pclose(plist);
    (void)H5Sclose(space);
}

/* `latest`: in the format that has a checksum over everything. */
static unsigned char *make_sample(const char *dir, bool latest, size_t *size)
{
    static const int64_t days[ROWS] = {INT64_C(1420070400000000000), INT64_C(1420156800000000000),
                                       INT64_C(1420243200000000000)};
    static const double values[ROWS] = {1.5, -2.25, 1e300};
    char *path;
    assert_true(asprintf(&path, "%s/whole.h5", dir) > 0);
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), word = H5Tcopy(H5T_C_S1);
    if (latest)
        (void)H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
    (void)H5Tset_size(word, 5);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    put_column(file, "date", H5T_NATIVE_INT64, days, latest);
    put_column(file, "x", H5T_NATIVE_DOUBLE, values, latest);
    put_column(file, "word", word, "one\0\0two\0\0three", latest);
    (void)H5Fclose(file);
    (void)H5Tclose(word);
    (void)H5Pclose(access);
    FILE *in = fopen(path, "rb");
    unsigned char *bytes = malloc(1 << 16);
    assert_true(in != NULL && bytes != NULL);
    *size = fread(bytes, 1, 1 << 16, in);
    assert_true(*size > 0 && *size < 1 << 16);
    (void)fclose(in);
    (void)unlink(path);
    free(path);
    return bytes;
}

static bool is_whole(const struct pulse_batch *b)
{
    return b->rows == ROWS && b->n == 3 && b->vectors[0].integers != NULL &&
           b->vectors[0].integers[2] == INT64_C(1420243200000000000) &&
           b->vectors[2].reals != NULL && b->vectors[2].reals[1] == -2.25 &&
           b->vectors[1].text != NULL && memcmp(b->vectors[1].text, "onetwothree", 11) == 0;
}

/* Reads all of it: 0 and whether it is the sample, or −1 with an error that is checked. */
static int read_all(const char *path, bool *whole)
{
    struct pulse_err err = {0};
    struct pulse_table *table;
    struct pulse_batch batch = {0};
    bool end = false;
    int rc = pulse_table_open(path, NULL, &table, &err);
    if (rc == 0) {
        rc = pulse_table_next(table, &batch, &end, &err);
        *whole = rc == 0 && !end && is_whole(&batch);
        pulse_batch_clear(&batch);
        pulse_table_free(table);
    }
    if (rc != 0) {
        assert_int_equal(err.kind, PULSE_E_INPUT);
        assert_says(&err, path);
    }
    return rc;
}

static void hdf5_bytes__truncated_anywhere_is_an_error(void **state)
{
    (void)state;
    char *dir = make_directory();
    for (int latest = 0; latest < 2; latest++) {
        size_t size;
        unsigned char *bytes = make_sample(dir, latest != 0, &size);
        for (size_t n = 0; n <= size; n++) {
            bool whole = false;
            char *path = write_bytes(dir, "cut.h5", bytes, n);
            const int rc = read_all(path, &whole);
            assert_int_equal(rc, n < size ? -1 : 0);
            assert_true(n < size || whole);
            free(path);
        }
        free(bytes);
    }
    remove_directory(dir);
}

/* Under checksums a changed byte is an error or matters to nobody; without, it may change what the
 * file says, and all that is asked is an answer. */
static void hdf5_bytes__a_changed_byte_is_an_error_or_changes_nothing(void **state)
{
    (void)state;
    char *dir = make_directory();
    for (int latest = 0; latest < 2; latest++) {
        size_t size, errors = 0;
        unsigned char *bytes = make_sample(dir, latest != 0, &size);
        for (size_t i = 0; i < size; i++) {
            bool whole = false;
            const unsigned char was = bytes[i];
            bytes[i] = (unsigned char)(was ^ (i % 2 == 0 ? 0xffu : 1u << (i / 2 % 8)));
            char *path = write_bytes(dir, "changed.h5", bytes, size);
            const int rc = read_all(path, &whole);
            errors += rc != 0;
            if (rc == 0 && latest != 0 && !whole)
                fail_msg("byte %zu of %zu: neither an error nor what the file held", i, size);
            bytes[i] = was;
            free(path);
        }
        assert_true(errors > size / 20);
        free(bytes);
    }
    remove_directory(dir);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(h5_sandbox__a_crash_is_an_error_that_names_the_file),
        cmocka_unit_test(h5_sandbox__a_killed_subprocess_is_no_fault_of_the_file),
        cmocka_unit_test(h5_sandbox__a_subprocess_that_ends_is_an_error),
        cmocka_unit_test(h5_sandbox__endless_work_is_ended),
        cmocka_unit_test(h5_sandbox__nonsense_ends_the_subprocess),
        cmocka_unit_test(h5_sandbox__the_subprocess_can_open_nothing_and_do_little),
        cmocka_unit_test(h5_sandbox__memory_is_bounded_by_the_files_size),
        cmocka_unit_test(h5_sandbox__bytes_of_the_file_and_answers_pass),
        cmocka_unit_test(hdf5_bytes__truncated_anywhere_is_an_error),
        cmocka_unit_test(hdf5_bytes__a_changed_byte_is_an_error_or_changes_nothing)};
    return RUN_CASES(tests, argc, argv);
}
