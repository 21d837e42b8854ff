#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

/* open() returns the lowest descriptor that is free. Standard output is opened for reading, so that
 * a write to it fails as it would have done: results must not vanish without an error. */
void pulse_file_begin_process(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY);
    (void)signal(SIGXFSZ, SIG_IGN);
}

/* ---- Temporary files ------------------------------------------------------------ */

enum { TEMPORARIES = 16 };

enum { FREE, TAKEN, LISTED };

static struct {
    _Atomic int state;
    char path[PATH_MAX];
} temporaries[TEMPORARIES];

int pulse_file_list_temporary(const char *path)
{
    if (strlen(path) >= sizeof temporaries[0].path)
        return 0;
    for (int i = 0; i < TEMPORARIES; i++) {
        int expected = FREE;
        if (!atomic_compare_exchange_strong(&temporaries[i].state, &expected, TAKEN))
            continue;
        (void)strcpy(temporaries[i].path, path);
        atomic_store(&temporaries[i].state, LISTED);
        return i + 1;
    }
    return 0;
}

void pulse_file_drop_temporary(int listed)
{
    if (listed > 0)
        atomic_store(&temporaries[listed - 1].state, FREE);
}

/* System calls alone: opendir allocates, which a signal handler must not. */
static void remove_directory(const char *path)
{
    struct linux_entry {
        uint64_t inode, next;
        unsigned short bytes;
        unsigned char type;
        char name[];
    };
    _Alignas(struct linux_entry) char entries[4096];
    long n;
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (fd >= 0 && (n = syscall(SYS_getdents64, fd, entries, sizeof entries)) > 0)
        for (long at = 0; at < n;) {
            const struct linux_entry *entry = (const void *)(entries + at);
            (void)unlinkat(fd, entry->name, 0);
            at += entry->bytes;
        }
    if (fd >= 0)
        (void)close(fd);
    (void)rmdir(path);
}

void pulse_file_remove_temporaries(void)
{
    for (int i = 0; i < TEMPORARIES; i++)
        if (atomic_load(&temporaries[i].state) == LISTED && unlink(temporaries[i].path) != 0 &&
            errno == EISDIR)
            remove_directory(temporaries[i].path);
}

/* ---- Left over --------------------------------------------------------------------- */

/* Whether `name` is ".NAME.PID-K.tmp" of a NAME that ends so. */
static bool is_left_over(const char *name, const char *ending)
{
    const char *at = name[0] == '.' ? strstr(name + 1, ending) : NULL;
    if (at == NULL)
        return false;
    at += strlen(ending);
    if (*at != '.')
        return false;
    at++;
    at += strspn(at, "0123456789");
    if (*at != '-')
        return false;
    at++;
    at += strspn(at, "0123456789");
    return strcmp(at, ".tmp") == 0;
}

void pulse_writer_sweep(const char *directory, const char *ending)
{
    DIR *dir = opendir(directory);
    if (dir == NULL)
        return;
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir))
        if (is_left_over(entry->d_name, ending))
            (void)unlinkat(dirfd(dir), entry->d_name, 0);
    (void)closedir(dir);
}

/* The process of ".NAME.PID-K.tmp" of this NAME, 0 for any other. */
static long maker_of(const char *hidden, const char *name)
{
    const size_t n = strlen(name);
    if (hidden[0] != '.' || strncmp(hidden + 1, name, n) != 0 || hidden[1 + n] != '.' ||
        !is_left_over(hidden, name))
        return 0;
    return strtol(hidden + n + 2, NULL, 10);
}

void pulse_writer_sweep_dead(const struct pulse_writer *writer)
{
    enum { OLD_SECONDS = 3600 };
    const char *name = writer->temporary == NULL ? "" : pulse_base_name(writer->path);
    char *directory = strndup(writer->path, (size_t)(pulse_base_name(writer->path) - writer->path));
    DIR *dir = name[0] == '\0' || directory == NULL
                   ? NULL
                   : opendir(directory[0] == '\0' ? "." : directory);
    free(directory);
    if (dir == NULL)
        return;
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        struct stat info;
        const long pid = maker_of(entry->d_name, name);
        if (pid > 0 && pid <= INT_MAX && kill((pid_t)pid, 0) != 0 && errno == ESRCH &&
            fstatat(dirfd(dir), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(info.st_mode) && info.st_mtime + OLD_SECONDS < time(NULL))
            (void)unlinkat(dirfd(dir), entry->d_name, 0);
    }
    (void)closedir(dir);
}

const char *pulse_temporary_directory(void)
{
    const char *directory = getenv("TMPDIR");
    return directory == NULL || directory[0] == '\0' ? "/tmp" : directory;
}

const char *pulse_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

int pulse_make_directories(const char *path, mode_t mode)
{
    char part[PATH_MAX];
    if (strlen(path) >= sizeof part)
        return ENAMETOOLONG;
    (void)strcpy(part, path);
    for (char *slash = part + 1; *slash != '\0'; slash++)
        if (*slash == '/') {
            *slash = '\0';
            (void)mkdir(part, mode); /* the last mkdir shows whether it worked */
            *slash = '/';
        }
    return mkdir(path, mode) == 0 || errno == EEXIST ? 0 : errno;
}

/* Creates DIR/.NAME.PID-K.tmp for the first K that is free: a name left by a process that was
 * killed, or taken by one on another host, is passed over. */
static int create_beside(struct pulse_writer *writer, struct pulse_err *err)
{
    const char *base = pulse_base_name(writer->path);
    int dir_length = (int)(base - writer->path);
    int fd = -1;
    for (int k = 0; fd < 0 && k < 1000; k++) {
        free(writer->temporary);
        if (asprintf(&writer->temporary, "%.*s.%s.%ld-%d.tmp", dir_length, writer->path, base,
                     (long)getpid(), k) < 0) {
            writer->temporary = NULL;
            return pulse_fail(err, PULSE_E_MEMORY, "out of memory: a name beside %s", writer->path);
        }
        fd = open(writer->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    if (fd < 0) {
        (void)pulse_fail_writing(err, errno, "creating %s", writer->path);
        free(writer->temporary); /* the name may be somebody else's: not to be unlinked */
        writer->temporary = NULL;
    } else
        writer->listed = pulse_file_list_temporary(writer->temporary);
    return fd;
}

/* A regular file is one too where it is what standard output or error go to and a link says so, as
 * /dev/stdout: another file of that name would not hold what else is printed. */
static bool is_device(const char *path, const struct stat *info)
{
    struct stat link, standard;
    if (!S_ISREG(info->st_mode))
        return true;
    if (lstat(path, &link) != 0 || !S_ISLNK(link.st_mode))
        return false;
    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
        if (fstat(fd, &standard) == 0 && standard.st_dev == info->st_dev &&
            standard.st_ino == info->st_ino)
            return true;
    return false;
}

bool pulse_file_is_device(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && is_device(path, &info);
}

/* Standard output that was redirected is appended to. */
static int open_device(const char *path, const struct stat *info, struct pulse_err *err)
{
    if (S_ISDIR(info->st_mode))
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s is a directory; name a file in it, or choose another name", path);
    const int append = S_ISREG(info->st_mode) ? O_APPEND : 0;
    const int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | append);
    if (fd < 0)
        (void)pulse_fail_writing(err, errno, "opening %s", path);
    return fd;
}

/* The file that a symbolic link leads to; other paths as they are. NULL with `err`. */
static char *follow_link(const char *path, struct pulse_err *err)
{
    struct stat info;
    if (lstat(path, &info) != 0 || !S_ISLNK(info.st_mode))
        return pulse_strdup(path, err);
    char *target = realpath(path, NULL);
    if (target == NULL)
        (void)pulse_fail(err, PULSE_E_STORAGE,
                         "%s is a symbolic link that leads nowhere (%s); remove it, or choose "
                         "another name",
                         path, strerror(errno));
    return target;
}

int pulse_writer_open(struct pulse_writer *writer, const char *path, struct pulse_err *err)
{
    struct stat info;
    const bool device = stat(path, &info) == 0 && is_device(path, &info);
    *writer = (struct pulse_writer){0};
    writer->path = device ? pulse_strdup(path, err) : follow_link(path, err);
    if (writer->path == NULL)
        return -1;
    int fd = device ? open_device(path, &info, err) : create_beside(writer, err);
    if (fd >= 0) {
        writer->stream = fdopen(fd, "wb");
        if (writer->stream != NULL)
            return 0;
        (void)pulse_fail_errno(err, errno, "opening %s", writer->path);
        (void)close(fd);
    }
    pulse_writer_discard(writer);
    return -1;
}

int pulse_writer_open_file(struct pulse_writer *writer, const char *path, struct pulse_err *err)
{
    struct stat info;
    *writer = (struct pulse_writer){0};
    if (stat(path, &info) == 0 && is_device(path, &info) && !S_ISDIR(info.st_mode))
        return pulse_fail(err, PULSE_E_STORAGE,
                          "%s is a device or pipe, and HDF5 needs a file; choose another name, or "
                          "write CSV or Parquet",
                          path);
    return pulse_writer_open(writer, path, err);
}

/* A rename is on disk only when its directory is. */
static int sync_directory(const char *path, struct pulse_err *err)
{
    const char *base = pulse_base_name(path);
    char *dir = base == path ? strdup(".") : strndup(path, (size_t)(base - path));
    if (dir == NULL)
        return pulse_fail(err, PULSE_E_MEMORY, "out of memory: a copy of %s", path);
    int rc = 0;
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* Some file systems cannot sync a directory and say EINVAL: nothing more can be done there. */
    if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL))
        rc = pulse_fail_writing(err, errno, "syncing directory %s", dir);
    if (fd >= 0)
        (void)close(fd);
    free(dir);
    return rc;
}

/* Streams forget why a write failed. Another one fails likewise, of as much as no disk block that
 * is begun can take. */
int pulse_file_why_unwritten(FILE *stream)
{
    static const char more[64 << 10];
    return pulse_write_all(fileno(stream), more, sizeof more) ? EIO : errno;
}

static int flush_and_close(struct pulse_writer *writer, bool syncs, struct pulse_err *err)
{
    FILE *stream = writer->stream;
    int first = 0; /* errno of the first failure: what follows it only says less */
    writer->stream = NULL;
    if (ferror(stream) != 0)
        first = writer->temporary == NULL ? EIO : pulse_file_why_unwritten(stream);
    else if (fflush(stream) != 0 || (syncs && fsync(fileno(stream)) != 0))
        first = errno;
    if (fclose(stream) != 0 && first == 0)
        first = errno;
    return first == 0 ? 0 : pulse_fail_writing(err, first, "writing %s", writer->path);
}

static int finish_writing(struct pulse_writer *writer, bool syncs, struct pulse_err *err)
{
    const bool device = writer->temporary == NULL; /* it cannot be synced, nor renamed */
    int rc = flush_and_close(writer, syncs && !device, err);
    if (rc == 0 && !device && rename(writer->temporary, writer->path) != 0)
        rc = pulse_fail_writing(err, errno, "writing %s", writer->path);
    if (rc == 0 && !device) {
        free(writer->temporary);
        writer->temporary = NULL;
        rc = syncs ? sync_directory(writer->path, err) : 0;
    }
    pulse_writer_discard(writer);
    return rc;
}

int pulse_writer_commit(struct pulse_writer *writer, struct pulse_err *err)
{
    return finish_writing(writer, true, err);
}

int pulse_writer_commit_unsynced(struct pulse_writer *writer, struct pulse_err *err)
{
    return finish_writing(writer, false, err);
}

void pulse_writer_discard(struct pulse_writer *writer)
{
    if (writer->stream != NULL)
        (void)fclose(writer->stream);
    if (writer->temporary != NULL)
        (void)unlink(writer->temporary);
    pulse_file_drop_temporary(writer->listed);
    free(writer->temporary);
    free(writer->path);
    *writer = (struct pulse_writer){0};
}

bool pulse_write_all(int fd, const void *bytes, int64_t n)
{
    for (const char *from = bytes; n > 0;) {
        const ssize_t put = write(fd, from, (size_t)n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        from += put;
        n -= put;
    }
    return true;
}
