#include "node/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/argv.h"
#include "node/subprocess.h"

int pulse_keys_directory(char out[PULSE_DIRECTORY_TEXT], struct pulse_err *err)
{
    const char *base = getenv("TMPDIR");
    if (base == NULL || base[0] != '/')
        base = "/tmp";
    /* A socket lies in it, whose whole name may have 107 bytes. */
    if (strlen(base) > 70 || !pulse_argv_plain(base))
        return pulse_fail(err, PULSE_E_USAGE,
                          "TMPDIR=%s: pulse-node needs a shorter name of letters, digits and /._-+",
                          base);
    (void)snprintf(out, PULSE_DIRECTORY_TEXT, "%s/pulse-node.XXXXXX", base);
    if (mkdtemp(out) != NULL)
        return 0;
    out[0] = '\0';
    return pulse_fail_writing(err, errno, "making a directory in %s", base);
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info, (void)kind, (void)walk;
    (void)remove(path);
    return 0;
}

void pulse_keys_remove(const char *directory)
{
    if (directory[0] != '\0')
        (void)nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* The first two words of the .pub file: without the comment, which may name a user and a host. */
static int read_public(const char *path, char key[PULSE_KEY_TEXT], struct pulse_err *err)
{
    FILE *file = fopen(path, "re");
    const char *line = file == NULL ? NULL : fgets(key, PULSE_KEY_TEXT, file);
    if (file != NULL)
        (void)fclose(file);
    if (line == NULL)
        return pulse_fail(err, PULSE_E_STORAGE,
                          "%s is not the key that ssh-keygen was to write; see "
                          "whether the disk is full",
                          path);
    key[strcspn(key, "\r\n")] = '\0';
    char *blank = strchr(key, ' ');
    blank = blank == NULL ? NULL : strchr(blank + 1, ' ');
    if (blank != NULL)
        *blank = '\0';
    return 0;
}

/* Moves the file into memory that has no name. Its mode is what ssh asks of a private key. */
static int take_private(const char *path, struct pulse_key *key, struct pulse_err *err)
{
    char bytes[4096];
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t n = file < 0 ? -1 : read(file, bytes, sizeof bytes);
    if (file >= 0)
        (void)close(file);
    (void)unlink(path);
    key->fd = memfd_create("pulse-key", MFD_CLOEXEC);
    const bool good = n > 0 && key->fd >= 0 && fchmod(key->fd, 0600) == 0 &&
                      write(key->fd, bytes, (size_t)n) == n;
    explicit_bzero(bytes, sizeof bytes);
    (void)snprintf(key->path, sizeof key->path, "/proc/%ld/fd/%d", (long)getpid(), key->fd);
    return good ? 0
                : pulse_fail(err, PULSE_E_STORAGE,
                             "%s cannot be taken into memory; see whether the disk is full", path);
}

int pulse_keys_make(const char *directory, struct pulse_key *key, struct pulse_err *err)
{
    char path[PULSE_DIRECTORY_TEXT + 16], public[PULSE_DIRECTORY_TEXT + 24], said[256];
    (void)snprintf(path, sizeof path, "%s/key", directory);
    (void)snprintf(public, sizeof public, "%s.pub", path);
    const int code = pulse_subprocess_run(
        (char *const[]){"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path, NULL},
        said, sizeof said, err);
    if (code > 0)
        (void)pulse_fail(err, PULSE_E_STORAGE, "ssh-keygen ended with %d: %s", code, said);
    if (code != 0 || take_private(path, key, err) != 0)
        return -1;
    const int result = read_public(public, key->public, err);
    (void)unlink(public);
    return result;
}

void pulse_keys_forget(struct pulse_key *key)
{
    if (key->fd >= 0)
        (void)close(key->fd);
    key->fd = -1;
}

int pulse_keys_write(const char *directory, const char *name, const char *text,
                     struct pulse_err *err)
{
    char path[PULSE_DIRECTORY_TEXT + 64];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (file == NULL)
        return pulse_fail_writing(err, errno, "writing %s", path);
    const int wrote = fputs(text, file);
    return fclose(file) == 0 && wrote >= 0 ? 0 : pulse_fail_writing(err, errno, "writing %s", path);
}
