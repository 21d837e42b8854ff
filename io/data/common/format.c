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
        return "a web page and no CSV; it may say in a browser why";
    if (begins(at, n, "<?xml"))
        return "XML and no CSV; make CSV of it, " BY_PANDAS("read_xml('FILE')");
    if (n == 0 || (*at != '{' && *at != '['))
        return NULL;
    for (at++, n--; n > 0 && strchr(" \t\r\n", *at) != NULL; n--)
        at++;
    return n > 0 && strchr("{[\"", *at) != NULL
               ? "JSON and no CSV; make CSV of it, " BY_PANDAS("read_json('FILE')")
               : NULL;
}

const char *pulse_foreign_bytes(const char *at, int64_t n)
{
    enum { TAR = 257 };
    if (n >= 8 && memcmp(at, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8) == 0)
        return pulse_workbook_advice; /* what Excel wrote before 2007 */
    if (n >= 4 && memcmp(at, "PAR1", 4) == 0)
        return "Parquet and no CSV; put .parquet at the end of its name";
    if (n >= 4 && memcmp(at, "\x89HDF", 4) == 0)
        return "HDF5 and no CSV; put .h5 at the end of its name";
    if (n >= TAR + 5 && memcmp(at + TAR, "ustar", 5) == 0)
        return "an archive of tar and no CSV; tar -xOf FILE NAME.csv | pulse-data info -";
    return foreign_text(at, n);
}
