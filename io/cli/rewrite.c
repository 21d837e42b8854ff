#include "cli/rewrite.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What a script does: `d` is what was in the file, and becomes a frame that is written as NEW.pkl,
 * or the script writes NEW.h5 or NEW.nc itself. */
enum with { PANDAS, H5PY, XARRAY };

/* Each where the error has `says`; the first that fits. None for a pickle that was not parsed to
 * its end, as one that names what is not known: Python would do what it says. */
static const struct {
    const char *says;
    enum with with;
    const char *makes;
} ways[] = {
    {"a dict of DataFrames;", PANDAS,
     "pd.concat({k: v for k, v in d.items() if isinstance(v, pd.DataFrame)}, names=['id'])"},
    {"a list of DataFrames;", PANDAS,
     "pd.concat({i: v for i, v in enumerate(d) if isinstance(v, pd.DataFrame)}, names=['id'])"},
    {"a dict of index, columns and data;", PANDAS,
     "pd.DataFrame(d['data'], d['index'], d['columns'])"},
    {"a dict of dicts by date;", PANDAS, "pd.DataFrame.from_dict(d, orient='index')"},
    {"write pd.DataFrame(d)", PANDAS, "pd.DataFrame(d)"},
    {"are columns as pd.DataFrame(", PANDAS, "pd.DataFrame(d)"},
    {"a column name that is no text", PANDAS, "d.set_axis(d.columns.map(str), axis=1)"},
    {"its columns must have names", PANDAS, "d.set_axis(d.columns.map(str), axis=1)"},
    {"df.columns.astype(str)", PANDAS, "d.set_axis(d.columns.map(str), axis=1)"},
    {"df.index = pd.to_datetime(df.index)", PANDAS, "d.set_index(pd.to_datetime(d.index))"},
    {"write it with reset_index()", PANDAS, "d.reset_index()"},
    {"df.index.to_timestamp()", PANDAS, "d.set_index(d.index.to_timestamp())"},
    {"dates are the names of columns", PANDAS,
     "(d.set_index(d.columns[0]) if isinstance(d.index, pd.RangeIndex) else d).T"},
    {"months or quarters are the names of columns", PANDAS, NULL}, /* the error says it */
    {"compressed with filter 32000", H5PY,
     "a.visititems(lambda n, o: b.create_dataset(n, data=o[()], compression='gzip', "
     "chunks=True).attrs.update(o.attrs) if isinstance(o, h5py.Dataset) and o.ndim else None)"},
    {"compressed with filter", PANDAS, "d"},
    {"convert_calendar", XARRAY, "convert_calendar('standard', align_on='date')"},
    {"a field of more than two dimensions", XARRAY, "mean([x for x in d.dims if x != 'time'])"},
};

/* How pandas reads a file called so; NULL where it is none of a format that it reads. */
static const char *reader_of(const char *uri)
{
    static const char *const readers[][2] = {
        {".pkl", "read_pickle"}, {".pickle", "read_pickle"}, {".parquet", "read_parquet"},
        {".h5", "read_hdf"},     {".hdf5", "read_hdf"},      {".csv", "read_csv"},
        {".tsv", "read_csv"},    {".txt", "read_csv"}};
    const char *slash = strrchr(uri, '/'), *name = slash == NULL ? uri : slash + 1;
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (strstr(name, readers[i][0]) != NULL)
            return readers[i][1];
    return NULL;
}

/* A file of this machine whose name a shell and Python take as it is. */
static bool is_plain(const char *uri)
{
    return strstr(uri, "://") == NULL && uri[0] != '-' && strlen(uri) < 1024 &&
           strpbrk(uri, "'\"\\`$!#\n") == NULL;
}

static int name_stem(const char *uri)
{
    const char *slash = strrchr(uri, '/'), *name = slash == NULL ? uri : slash + 1;
    const char *dot = strchr(name + 1, '.');
    return (int)(dot == NULL ? strlen(uri) : (size_t)(dot - uri));
}

/* How pandas turns the table of a CSV file over, which the error says of `df` with all names: that
 * of columns of labels is not known otherwise. False where it does not say so, or names need more
 * quotes. */
static bool take_turning(const struct pulse_err *err, char *out, size_t size)
{
    static const char begin[] = "as pandas does with df", end[] = ".to_csv('turned.csv')";
    const char *from = strstr(err->text, begin);
    const char *to = from == NULL ? NULL : strstr(from, end);
    if (to == NULL)
        return false;
    from += sizeof begin - 1;
    const bool stripped = strncmp(from, ".rename(columns=str.strip)", 26) == 0;
    (void)snprintf(out, size, "d%s%.*s", stripped ? "" : ".rename(columns=str.strip)",
                   (int)(to - from), from);
    return strpbrk(out, "\"\\`$!") == NULL;
}

static void write_pandas(const char *uri, const char *reader,
                         const struct pulse_read_options *reading, const char *makes,
                         char out[PULSE_REWRITE_TEXT])
{
    char how[64] = "";
    const int stem = name_stem(uri);
    if (strcmp(reader, "read_csv") == 0)
        (void)snprintf(how, sizeof how, ", skiprows=%lld, sep=%s, engine='python'",
                       (long long)reading->skip_rows,
                       strstr(uri, ".tsv") != NULL ? "'\\t'" : "None");
    (void)snprintf(
        out, PULSE_REWRITE_TEXT,
        "python3 -c \"import pandas as pd; d = pd.%s('%s'%s); %s.to_pickle('%.*s-new.pkl')\"",
        reader, uri, how, makes, stem, uri);
}

static void write_command(const char *uri, const struct pulse_read_options *reading,
                          const struct pulse_err *err, enum with with, const char *makes,
                          char out[PULSE_REWRITE_TEXT])
{
    char turning[640];
    const int stem = name_stem(uri);
    const char *reader = reader_of(uri);
    const bool csv = reader != NULL && strcmp(reader, "read_csv") == 0;
    if (reader != NULL && (csv || makes == NULL) && take_turning(err, turning, sizeof turning))
        write_pandas(uri, reader, reading, turning, out);
    else if (with == PANDAS && reader != NULL && makes != NULL && !csv)
        write_pandas(uri, reader, reading, makes, out);
    else if (with == H5PY)
        (void)snprintf(out, PULSE_REWRITE_TEXT,
                       "python3 -c \"import h5py; a = h5py.File('%s', 'r'); b = "
                       "h5py.File('%.*s-new.h5', 'w'); %s\"",
                       uri, stem, uri, makes);
    else if (with == XARRAY)
        (void)snprintf(out, PULSE_REWRITE_TEXT,
                       "python3 -c \"import xarray as xr; d = xr.open_dataset('%s'); "
                       "d.%s.to_netcdf('%.*s-new.nc')\"",
                       uri, makes, stem, uri);
}

void pulse_rewrite_command(const char *uri, const struct pulse_read_options *reading,
                           const struct pulse_err *err, char out[PULSE_REWRITE_TEXT])
{
    size_t i = 0;
    const size_t n = sizeof ways / sizeof *ways;
    out[0] = '\0';
    while (i < n && strstr(err->text, ways[i].says) == NULL)
        i++;
    if (i < n && err->kind == PULSE_E_INPUT && is_plain(uri))
        write_command(uri, reading, err, ways[i].with, ways[i].makes, out);
}
