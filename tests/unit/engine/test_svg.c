/* svg.c: what is written, to the letter. */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "page/page.h"

/* A stream in memory, and what has come to be in it. */
struct page {
    FILE *out;
    char *text;
    size_t size;
};

static void page_open(struct page *page)
{
    page->out = open_memstream(&page->text, &page->size);
    assert_non_null(page->out);
}

static void page_is(struct page *page, const char *wanted)
{
    assert_int_equal(fclose(page->out), 0);
    assert_string_equal(page->text, wanted);
    free(page->text);
}

static void svg__text_is_escaped(void **state)
{
    struct page page;
    (void)state;
    page_open(&page);
    pulse_svg_escape(page.out, "<b a=\"1\" c='2'>&amp; größe\n\x7f");
    page_is(&page, "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp; größe??");
}

static void svg__titles_are_escaped_where_they_are_attributes(void **state)
{
    struct page page;
    (void)state;
    page_open(&page);
    pulse_svg_open(page.out, "chart", 10, 2.25, "\"><script>", "a & b");
    pulse_svg_close(page.out);
    page_is(&page, "<svg class=\"chart\" viewBox=\"0 0 10 2.3\" role=\"img\" "
                   "aria-label=\"&quot;&gt;&lt;script&gt;\"><title>&quot;&gt;&lt;script&gt;</title>"
                   "<desc>a &amp; b</desc></svg>");
}

static void svg__numbers_are_short_and_always_finite(void **state)
{
    struct page page;
    (void)state;
    page_open(&page);
    pulse_svg_line(page.out, "t", 0.04, -1.26, NAN, INFINITY);
    page_is(&page, "<line class=\"t\" x1=\"0\" y1=\"-1.3\" x2=\"0\" y2=\"0\"/>");
}

static void svg__paths_are_steps_from_point_to_point(void **state)
{
    struct page page;
    struct pulse_pen pen;
    (void)state;
    page_open(&page);
    pulse_pen_open(&pen, page.out, "line");
    pulse_pen_move(&pen, 5, 7);
    pulse_pen_draw(&pen, 6, 4);
    pulse_pen_draw(&pen, 4, 4);
    pulse_pen_draw(&pen, 4, 14);
    pulse_pen_shut(&pen);
    pulse_pen_move(&pen, 5, 8); /* counted from where the last one began */
    pulse_pen_draw(&pen, -5, -2);
    pulse_pen_close(&pen);
    page_is(&page, "<path class=\"line\" d=\"m5 7l1-3-2 0 0 10zm0 1l-10-10\"/>");
}

static void svg__axes_keep_their_ends_and_their_middle(void **state)
{
    const struct pulse_axis axis = {2, 4, 100, 0}, flat = {3, 3, 10, 20};
    (void)state;
    CHECK_BITS(pulse_axis_at(&axis, 2), 100);
    CHECK_BITS(pulse_axis_at(&axis, 4), 0);
    CHECK_BITS(pulse_axis_at(&axis, 5), -50);
    CHECK_BITS(pulse_axis_within(&axis, 5), 0);
    CHECK_BITS(pulse_axis_within(&axis, -1e300), 100);
    CHECK_BITS(pulse_axis_at(&flat, 7), 15);
}

static void svg__ticks_are_round_few_and_inside(void **state)
{
    uint64_t seed = 5;
    double ticks[PULSE_TICKS];
    int decimals;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        const double size = pow(10, 30 * check_uniform(&seed) - 15);
        const double low = size * check_normal(&seed), high = low + size * check_uniform(&seed);
        const int most = 1 + (int)check_below(&seed, PULSE_TICKS);
        const int n = pulse_ticks(low, high, most, ticks, &decimals);
        assert_true(n >= 0 && n <= most);
        for (int k = 0; k < n; k++)
            assert_true(ticks[k] >= low - 1e-6 * size && ticks[k] <= high + 1e-6 * size);
        if (n < 2)
            continue;
        const double apart = ticks[1] - ticks[0];
        const double lead = apart / pow(10, floor(log10(apart) + 1e-9));
        assert_true(fabs(lead - 1) < 1e-6 || fabs(lead - 2) < 1e-6 || fabs(lead - 5) < 1e-6);
    }
    assert_int_equal(pulse_ticks(0, 1, 6, ticks, &decimals), 6);
    CHECK_CLOSE(ticks[1], 0.2, 1e-15);
    assert_int_equal(decimals, 1);
    assert_int_equal(pulse_ticks(1, 1, 6, ticks, &decimals), 0);
    assert_int_equal(pulse_ticks(0, 1e-310, 6, ticks, &decimals), 0);
    assert_int_equal(pulse_ticks(NAN, 1, 6, ticks, &decimals), 0);
    assert_int_equal(pulse_ticks(0, INFINITY, 6, ticks, &decimals), 0);
}

/* Ticks half a percent apart were 0 %, 0 % and 1 %. */
static void svg__labels_of_an_axis_differ(void **state)
{
    static const char *const labels[] = {">\xe2\x88\x92"
                                         "1.0\xc2\xa0%<",
                                         ">\xe2\x88\x92"
                                         "0.5\xc2\xa0%<",
                                         ">0.0\xc2\xa0%<", ">0.5\xc2\xa0%<", ">1.0\xc2\xa0%<"};
    struct page page;
    (void)state;
    page_open(&page);
    pulse_axis_values(page.out, &(struct pulse_axis){-0.011, 0.011, 128, 6}, 5, 52, 612, 0, true);
    assert_int_equal(fclose(page.out), 0);
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        assert_non_null(strstr(page.text, labels[i]));
    free(page.text);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(svg__text_is_escaped),
        cmocka_unit_test(svg__titles_are_escaped_where_they_are_attributes),
        cmocka_unit_test(svg__numbers_are_short_and_always_finite),
        cmocka_unit_test(svg__paths_are_steps_from_point_to_point),
        cmocka_unit_test(svg__axes_keep_their_ends_and_their_middle),
        cmocka_unit_test(svg__ticks_are_round_few_and_inside),
        cmocka_unit_test(svg__labels_of_an_axis_differ),
    };
    return check_main(cases, sizeof cases / sizeof *cases, argc, argv);
}
