"""Numbers that are written as text in pickles: read as in CSV, or the cell that is none is named."""
import decimal

import numpy as np
import pandas as pd

from support import check, fails, main, run

DATES = pd.date_range("2020-01-01", periods=5)


def put(**columns):
    pd.DataFrame(columns, index=DATES).to_pickle("x.pkl")
    return "x.pkl"


def text__numbers_are_read():
    want = pd.DataFrame({"x": [1.5, 2, np.nan, -3e4, 0.1]})
    for values in (["1.5", "2", "n/a", "-3e4", " 0.1"], [1.5, "2", None, -30000, "0.1"],
                   [decimal.Decimal("1.5"), decimal.Decimal(2), None, decimal.Decimal("-3E+4"), decimal.Decimal("0.1")],
                   pd.array(["1.5", "2", "..", "-30000", "0.1"], dtype="string"),
                   pd.Categorical(["1.5", "2", "-", "-30000", "0.1"])):
        check(put(x=values), want, DATES)
    records = np.array(list(zip(DATES.values, ["1.5", "2", "", "-30000", "0.1"])), dtype=[("date", "M8[ns]"), ("x", "U8")])
    pd.to_pickle(records, "x.pkl")
    check("x.pkl", want, DATES)


def text__cells_that_are_no_numbers_are_named():
    for values, cell in ((["1", "2", "3.579.615", "4", "5"], "'3.579.615'"), ([1, 2.5, "closed", 4, 5], "'closed'"),
                         (["foo", "foo", "foo", "1", None], "'foo'"), ([1, 2, [3], "4", 5], "what it holds")):
        put(a=[1.0] * 5, x=values)
        for command in ("info", "head"):
            fails(command, "x.pkl", says=cell)
            fails(command, "x.pkl", says="column 'x'")
            fails(command, "x.pkl", says="row ")
        out = run("head", "x.pkl", "-v", "a")[0]
        assert out.startswith("date,a\n"), out


def text__signs_and_options_mean_what_they_mean_in_csv():
    wide = np.array(["−1.5", "€2", "2 €", "", "3"])
    for values, options, want in (
            (["1.5%", "2%", "..", "-3%", "(4)%"], (), [1.5, 2, None, -3, -4]),
            (["$1.50", None, "$2M", "-$3", "($4)"], (), [1.5, None, 2e6, -3, -4]),
            (["n.v.", "1", "2", "gone", "3"], ("--missing", "n.v.,gone"), [None, 1, 2, None, 3]),
            (["1.234,5", "2", "3,5", "4", "5"], ("--thousands", "point"), [1234.5, 2, 3.5, 4, 5]),
            (["1,5", "2", "3", "4", "5"], ("--decimal", "comma"), [1.5, 2, 3, 4, 5]),
            (["1 234", "2", "3", "4", "5"], ("--thousands", "space"), [1234, 2, 3, 4, 5])):
        for column in (values, pd.array(values, dtype="string")):
            out = run("head", put(x=column), *options)[0]
            cells = [line.split(",")[1] for line in out.splitlines()[1:]]
            assert [float(c) if c else None for c in cells] == want, (values, out)
    pd.to_pickle(np.array(list(zip(DATES.values, wide)), dtype=[("date", "M8[ns]"), ("x", "U8")]), "x.pkl")
    fails("head", "x.pkl", says="'€2' in column 'x' where other cells have no sign")
    fails("head", put(x=["1,5", "2", "3", "4", "5"]), says="--decimal comma")
    fails("head", put(x=["1", "2%", "3", "4", "5"]), says="'2%' in column 'x' where other cells have no sign")
    fails("head", put(x=["1" * 300 + "x", "2", "3", "4", "5"]), says="is no number")
    fails("head", "x.pkl", "--thousands", "point", "--decimal", "point", says="the same sign")


def text__columns_without_a_number_are_named():
    for values in (["a", "b", "c", "d", None], [[1]] * 5, pd.Categorical(list("abcab"))):
        put(a=[1.0] * 5, note=values)
        out, err = run("info", "x.pkl")
        assert "1 variable, 5 rows" in out and "left out: note" in out + err, (out, err)


main({name: case for name, case in globals().items() if name.startswith("text__")})
