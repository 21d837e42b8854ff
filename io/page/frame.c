/* What every page begins and ends with; the style sheet and the script travel inside the program.
 */
#include "page/assets.h"
#include "page/page.h"

void pulse_page_open(FILE *out, const char *name, const char *title, const char *fingerprint)
{
    (void)fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta "
                "name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta "
                "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
                "'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n",
                out);
    if (fingerprint != NULL) {
        (void)fputs("<meta name=\"fingerprint\" content=\"", out);
        pulse_svg_escape(out, fingerprint);
        (void)fputs("\">\n", out);
    }
    (void)fputs("<link rel=\"icon\" href=\"data:,\">\n<title>", out);
    if (name != NULL && *name != '\0') {
        pulse_svg_escape(out, name);
        (void)fputs(" \xe2\x80\x93 ", out);
    }
    (void)fprintf(out, "%s</title>\n<style>\n", title);
    (void)fwrite(page_css, 1, sizeof page_css, out);
    (void)fputs("</style></head><body>\n", out);
}

void pulse_page_close(FILE *out, const char *foot)
{
    (void)fprintf(out,
                  "</main>\n<footer>%s This page needs neither network nor script.</footer>\n"
                  "<script>\n",
                  foot);
    (void)fwrite(page_js, 1, sizeof page_js, out);
    (void)fputs("</script>\n</body></html>\n", out);
}
