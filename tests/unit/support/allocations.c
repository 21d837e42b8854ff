#include "allocations.h"

struct allocations allocations;

static int64_t allowed = INT64_MAX; /* allocations that succeed before one fails; INT64_MAX: all */
static bool fails_once;

static void set_failure(int64_t succeed, bool once)
{
    allowed = succeed;
    fails_once = once;
    allocations.failed = false;
}

void allocations_fail_once(int64_t succeed)
{
    set_failure(succeed, true);
}

void allocations_fail_from(int64_t succeed)
{
    set_failure(succeed, false);
}

void allocations_succeed(void)
{
    allowed = INT64_MAX;
}

static bool may_allocate(size_t bytes)
{
    if (bytes > allocations.largest)
        allocations.largest = bytes;
    if (allowed == INT64_MAX)
        return true;
    if (allowed > 0) {
        allowed--;
        return true;
    }
    allocations.failed = true;
    if (fails_once)
        allowed = INT64_MAX;
    return false;
}

static void *count_block(void *p)
{
    allocations.alive += p != NULL;
    return p;
}

/* NOLINTBEGIN(bugprone-reserved-identifier): the names that the linker's --wrap gives. */
void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__real_realloc(void *p, size_t n);
void *__real_aligned_alloc(size_t alignment, size_t n);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t n);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_aligned_alloc(size_t alignment, size_t n);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t n);
void __wrap_free(void *p);

void *__wrap_malloc(size_t n)
{
    return may_allocate(n) ? count_block(__real_malloc(n)) : NULL;
}

void *__wrap_calloc(size_t count, size_t n)
{
    return may_allocate(count * n) ? count_block(__real_calloc(count, n)) : NULL;
}

void *__wrap_realloc(void *p, size_t n)
{
    if (!may_allocate(n))
        return NULL;
    void *moved = __real_realloc(p, n);
    allocations.alive += p == NULL && moved != NULL;
    return moved;
}

void *__wrap_aligned_alloc(size_t alignment, size_t n)
{
    return may_allocate(n) ? count_block(__real_aligned_alloc(alignment, n)) : NULL;
}

char *__wrap_strdup(const char *text)
{
    return may_allocate(0) ? count_block(__real_strdup(text)) : NULL;
}

char *__wrap_strndup(const char *text, size_t n)
{
    return may_allocate(0) ? count_block(__real_strndup(text, n)) : NULL;
}

void __wrap_free(void *p)
{
    allocations.alive -= p != NULL;
    __real_free(p);
}
/* NOLINTEND(bugprone-reserved-identifier) */
