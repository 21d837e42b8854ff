#include "data/common/format.h"

#include <string.h>
#include <strings.h>

#include "data/common/decompress_zip.h"

#define BY_PANDAS(reader) "as pandas does with pd." reader ".to_csv('NEW.csv', index=False)"

void pulse_part_of_rows(int64_t rows, int part, int parts, int64_t *first, int64_t *n)
{
    *first = rows / parts * part + rows % parts * part / parts;
    *n = rows / parts * (part + 1) + rows % parts * (part + 1) / parts - *first;
}

#define BY_NUMPY                                                                                   \
    "arrays of NumPy, which have no dates; write them with theirs: pd.DataFrame(VALUES, "          \
    "index=DATES, columns=NAMES).to_csv('NEW.csv')"
#define BY_MATLAB                                                                                  \
    "a file of MATLAB; call it NEW.h5 if it was saved with -v7.3, else save it there so, "         \
    "save('NEW.h5', '-v7.3', …), or a table with writetable(…, 'NEW.csv')"
#define BY_SQLITE                                                                                  \
    "a database of SQLite; make CSV of it: sqlite3 -header -csv FILE 'select * from TABLE' > "     \
    "NEW.csv"

/* ---- Files of other programs ----------------------------------------------------- */

static const struct {
    const char *extension; /* an archive's stand before those that it may end with */
    const char *advice;
    bool table; /* and nothing else, as a page or an archive may be */
} others[] = {
    {".tar", "an archive; tar -xOf FILE NAME.csv | pulse-data info -", false},
    {".tgz", "an archive; tar -xzOf FILE NAME.csv | pulse-data info -", false},
    {".tbz", "an archive; tar -xjOf FILE NAME.csv | pulse-data info -", false},
    {".txz", "an archive; tar -xJOf FILE NAME.csv | pulse-data info -", false},
    {".7z", "an archive; 7z x -so FILE NAME.csv | pulse-data info -", false},
    {".rar", "an archive; unrar p -inul FILE NAME.csv | pulse-data info -", false},
    {".xlsx", pulse_workbook_advice, true},
    {".xlsm", pulse_workbook_advice, true},
    {".xlsb", pulse_workbook_advice, true},
    {".xls", pulse_workbook_advice, true},
    {".ods", pulse_workbook_advice, true},
    {".json", "JSON; make CSV of it, " BY_PANDAS("read_json('FILE')"), false},
    {".jsonl", "JSON; make CSV of it, " BY_PANDAS("read_json('FILE', lines=True)"), true},
    {".ndjson", "JSON; make CSV of it, " BY_PANDAS("read_json('FILE', lines=True)"), true},
    {".feather", "a file of Arrow; make CSV of it, " BY_PANDAS("read_feather('FILE')"), true},
    {".arrow", "a file of Arrow; make CSV of it, " BY_PANDAS("read_feather('FILE')"), true},
    {".orc", "ORC; make CSV of it, " BY_PANDAS("read_orc('FILE')"), true},
    {".dta", "a file of Stata; make CSV of it, " BY_PANDAS("read_stata('FILE')"), true},
    {".sas7bdat", "a file of SAS; make CSV of it, " BY_PANDAS("read_sas('FILE')"), true},
    {".sav", "a file of SPSS; make CSV of it, " BY_PANDAS("read_spss('FILE')"), true},
    {".xml", "XML; make CSV of it, " BY_PANDAS("read_xml('FILE')"), false},
    {".html", "a web page; make CSV of its table, " BY_PANDAS("read_html('FILE')[0]"), false},
    {".htm", "a web page; make CSV of its table, " BY_PANDAS("read_html('FILE')[0]"), false},
    {".npy", BY_NUMPY, true},
    {".npz", BY_NUMPY, true},
    {".mat", BY_MATLAB, true},
    {".db", BY_SQLITE, false},
    {".sqlite", BY_SQLITE, true},
    {".sqlite3", BY_SQLITE, true},
    {".rds",
     "a file of R; make CSV of it there: write.csv(readRDS('FILE'), 'NEW.csv', "
     "row.names=FALSE)",
     true},
};

static const char *find_advice(const char *name, bool of_tables)
{
    const size_t n = strlen(name);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const size_t length = strlen(others[i].extension);
        if (n > length && strcasecmp(name + n - length, others[i].extension) == 0)
            return others[i].table || !of_tables ? others[i].advice : NULL;
    }
    return NULL;
}

const char *pulse_foreign_name(const char *name)
{
    return find_advice(name, false);
}

const char *pulse_foreign_table(const char *name)
{
    return find_advice(name, true);
}

static bool begins(const char *at, int64_t n, const char *with)
{
    const int64_t length = (int64_t)strlen(with);
    return n >= length && strncasecmp(at, with, (size_t)length) == 0;
}

/* Text that begins as no table does. */
static const char *foreign_text(const char *at, int64_t n)
{
    while (n > 0 && strchr(" \t\r\n", *at) != NULL)
        at++, n--;
    if (begins(at, n, "<!doctype") || begins(at, n, "<html") || begins(at, n, "<head"))
        return "a web page; it may say in a browser why";
    if (begins(at, n, "<?xml"))
        return "XML; make CSV of it, " BY_PANDAS("read_xml('FILE')");
    if (n == 0 || (*at != '{' && *at != '['))
        return NULL;
    for (at++, n--; n > 0 && strchr(" \t\r\n", *at) != NULL; n--)
        at++;
    return n > 0 && strchr("{[\"", *at) != NULL
               ? "JSON; make CSV of it, " BY_PANDAS("read_json('FILE')")
               : NULL;
}

/* What begins with these bytes, and is no text. */
static const struct {
    const char *begin, *what;
} contents[] = {
    {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", pulse_workbook_advice}, /* of Excel before 2007 */
    {"PAR1", "Parquet; put .parquet at the end of its name"},
    {"\x89HDF", "HDF5; put .h5 at the end of its name"},
    {"ARROW1", "a file of Arrow; make CSV of it, " BY_PANDAS("read_feather('FILE')")},
    {"FEA1", "a file of Arrow; make CSV of it, " BY_PANDAS("read_feather('FILE')")},
    {"ORC", "ORC; make CSV of it, " BY_PANDAS("read_orc('FILE')")},
    {"\x93NUMPY", BY_NUMPY},
    {"SQLite format 3", BY_SQLITE},
};

/* A name of a column may begin as a format does: ORCL. */
static bool is_text(const char *at, int64_t n)
{
    enum { LOOK = 64 };
    for (int64_t i = 0; i < n && i < LOOK; i++)
        if ((unsigned char)at[i] < '\t')
            return false;
    return true;
}

const char *pulse_foreign_bytes(const char *at, int64_t n)
{
    enum { TAR = 257 };
    const bool text = is_text(at, n);
    for (size_t i = 0; !text && i < sizeof contents / sizeof *contents; i++) {
        const size_t length = strlen(contents[i].begin);
        if (n >= (int64_t)length && memcmp(at, contents[i].begin, length) == 0)
            return contents[i].what;
    }
    if (begins(at, n, "MATLAB 5.0 MAT-file") || begins(at, n, "MATLAB 7.3 MAT-file"))
        return BY_MATLAB; /* behind a page of text */
    if (n >= TAR + 5 && memcmp(at + TAR, "ustar", 5) == 0)
        return "an archive of tar; tar -xOf FILE NAME.csv | pulse-data info -";
    return foreign_text(at, n);
}

/* Whether bytes are the beginning of a line of cells. */
static bool is_cells(const char *at, int64_t n)
{
    bool separated = false;
    for (; n > 0 && *at != '\n' && *at != '\r'; at++, n--) {
        if ((unsigned char)*at < ' ' && *at != '\t')
            return false;
        separated |= strchr(",;\t", *at) != NULL;
    }
    return separated;
}

const char *pulse_content_of(const char *at, int64_t n)
{
    const char *known = pulse_foreign_bytes(at, n);
    if (known != NULL)
        return known;
    if (n >= 2 && *at == '\x80' && at[1] >= 2 && at[1] <= 5)
        return "a pickle; put .pkl at the end of its name";
    if (pulse_compression_of_bytes(at, n) == PULSE_COMPRESSION_ZIP)
        return "an archive of zip, as a workbook of Excel and NumPy's .npz are; unpack it";
    if (pulse_compression_of_bytes(at, n) != PULSE_COMPRESSION_NONE)
        return "packed as a whole; unpack it";
    return is_cells(at, n) ? "text; if it is CSV put .csv at the end of its name" : NULL;
}
