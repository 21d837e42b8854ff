#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "data/dataset.h"

/* Writes the bytes as DIR/x.pkl and reads the variable x. */
static int read_bytes(const char *bytes, size_t n, struct pulse_series *out, struct pulse_err *err)
{
    int64_t read = 0;
    char *dir = make_directory(), *path = write_bytes(dir, "x.pkl", bytes, n);
    *err = (struct pulse_err){0};
    int rc = pulse_series_read(path, "x", NULL, out, &read, err);
    free(path);
    remove_directory(dir);
    return rc;
}

static void check_fails(const char *bytes, size_t n, const char *says)
{
    struct pulse_series series;
    struct pulse_err err;
    assert_int_equal(read_bytes(bytes, n, &series, &err), -1);
    assert_int_equal(err.kind, PULSE_E_INPUT);
    assert_says(&err, says);
}

/* {"date": ["2020-01-01", "2020-01-02"], "value": [1.5, None]} of protocol 0 */
static const char lists[] = "(dVdate\n(lV2020-01-01\naV2020-01-02\nasVvalue\n(lF1.5\naNas.";

static void pickle__a_dict_of_lists(void **state)
{
    (void)state;
    struct pulse_series series;
    struct pulse_err err;
    assert_int_equal(read_bytes(lists, sizeof lists - 1, &series, &err), 0);
    assert_int_equal(series.n, 1);
    assert_int_equal(series.time_ns[0], 18262 * PULSE_NS_PER_DAY);
    assert_true(series.value[0] == 1.5);
    pulse_series_clear(&series);
}

static void pickle__cut_at_every_byte(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof lists - 1; n++)
        check_fails(lists, n, "x.pkl");
}

static void pickle__an_unknown_name_is_reported(void **state)
{
    (void)state;
    static const char system[] = "cos\nsystem\n(Vfalse\ntR.";
    check_fails(system, sizeof system - 1, "os.system");
}

/* A class is known by its module and its name: another module's may do whatever it likes. */
static void pickle__a_known_name_of_another_module_is_unknown(void **state)
{
    (void)state;
    static const char frame[] = "cevil\nDataFrame\n)\x81.";
    static const char array[] = "cevil\n_reconstruct\n(tR.";
    static const char bytes[] = "cevil.builtins\nbytes\n(tR.";
    check_fails(frame, sizeof frame - 1, "evil.DataFrame");
    check_fails(array, sizeof array - 1, "evil._reconstruct");
    check_fails(bytes, sizeof bytes - 1, "evil.builtins.bytes");
}

static void pickle__a_list_in_itself_is_no_table(void **state)
{
    (void)state;
    static const char circle[] = "(lp0\ng0\na.";
    check_fails(circle, sizeof circle - 1, "a list of other things than dicts");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pickle__a_dict_of_lists),
        cmocka_unit_test(pickle__cut_at_every_byte),
        cmocka_unit_test(pickle__an_unknown_name_is_reported),
        cmocka_unit_test(pickle__a_known_name_of_another_module_is_unknown),
        cmocka_unit_test(pickle__a_list_in_itself_is_no_table),
    };
    return RUN_CASES(tests, argc, argv);
}
