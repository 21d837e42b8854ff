/* digest.c: XXH3 of 128 bits, at once and piece by piece. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"

static void assert_digest(const char *bytes, const char *want)
{
    char text[PULSE_DIGEST_TEXT];
    const struct pulse_digest digest = pulse_digest_of(bytes, (int64_t)strlen(bytes));
    assert_string_equal(pulse_digest_text(&digest, text), want);
}

/* As xxh128sum of Debian's xxhash prints them. */
static void digest__is_that_of_other_programs(void **state)
{
    (void)state;
    char digits[501] = "";
    for (int i = 0; i < 500; i++)
        digits[i] = (char)('0' + i % 10);
    assert_digest("", "99aa06d3014798d86001c324468d497f");
    assert_digest("a", "a96faf705af16834e6c632b61e964e1f");
    assert_digest("retrodict", "a4ec6da8d0a89ad7f0bc0dfac55012b5");
    assert_digest(digits, "8ae3658d586fb0e363308cd5e862acac");
}

/* Of lengths and pieces about the borders of the library's own blocks. */
static void digest__of_pieces_is_that_of_all_at_once(void **state)
{
    (void)state;
    enum { MOST = 3000 };
    char bytes[MOST];
    for (int i = 0; i < MOST; i++)
        bytes[i] = (char)(i * 7919 >> 3);
    for (int64_t n = 0; n <= MOST; n += n < 300 ? 1 : 67)
        for (int64_t piece = 1; piece <= 1024; piece = piece * 2 + 1) {
            const struct pulse_digest whole = pulse_digest_of(bytes, n);
            struct pulse_digest_stream stream;
            assert_true(pulse_digest_stream_init(&stream));
            for (int64_t at = 0; at < n; at += piece)
                pulse_digest_stream_add(&stream, bytes + at, n - at < piece ? n - at : piece);
            const struct pulse_digest pieces = pulse_digest_stream_get(&stream);
            assert_true(pulse_digest_equal(&pieces, &whole));
            pulse_digest_stream_clear(&stream);
        }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digest__is_that_of_other_programs),
        cmocka_unit_test(digest__of_pieces_is_that_of_all_at_once),
    };
    return RUN_CASES(tests, argc, argv);
}
