/* Scalable vector graphics, written straight into a stream: a few shapes, text, axes. Knows nothing
 * of what is drawn; looks come from the page's style sheet by class. Write errors stay in the
 * stream. */
#ifndef PULSE_PAGE_SVG_H
#define PULSE_PAGE_SVG_H

#include <stdint.h>
#include <stdio.h>

/* Text with the characters escaped that mean something to HTML, in content and in attributes. */
void pulse_svg_escape(FILE *out, const char *text);
/* The same of so many bytes. */
void pulse_svg_escape_part(FILE *out, const char *text, int bytes);

/* A picture of `width` × `height` units with a title and a description for those who do not see
 * it. */
void pulse_svg_open(FILE *out, const char *class, double width, double height, const char *title,
                    const char *description);
/* The same without a description, where text beside it says how to read it. */
void pulse_svg_open_short(FILE *out, const char *class, double width, double height,
                          const char *title);
/* What stands elsewhere in the page under a name, drawn here too. */
void pulse_svg_use(FILE *out, const char *id);
void pulse_svg_close(FILE *out);

/* A window into coordinates of its own, 0 … columns and 0 … rows, stretched both ways. */
void pulse_svg_plot_open(FILE *out, double x, double y, double width, double height,
                         int64_t columns, int64_t rows);

void pulse_svg_line(FILE *out, const char *class, double x1, double y1, double x2, double y2);
void pulse_svg_rect(FILE *out, const char *class, double x, double y, double width, double height);
void pulse_svg_dot(FILE *out, const char *class, double x, double y, double radius);
/* `class` says where the text is anchored as well: "e" at its end, "m" in its middle. */
void pulse_svg_text(FILE *out, const char *class, double x, double y, const char *text);

/* Text that reads upwards from its position. */
void pulse_svg_text_up(FILE *out, double x, double y, const char *text);

/* A path of whole numbers, each written as the step from the one before. */
struct pulse_pen {
    FILE *out;
    int64_t x, y;
    int64_t start_x, start_y; /* of the last move */
    char last;                /* letter */
};
void pulse_pen_open(struct pulse_pen *pen, FILE *out, const char *class);
void pulse_pen_move(struct pulse_pen *pen, int64_t x, int64_t y);
void pulse_pen_draw(struct pulse_pen *pen, int64_t x, int64_t y);
void pulse_pen_shut(struct pulse_pen *pen); /* back to where the last move went */
void pulse_pen_close(struct pulse_pen *pen);

/* Values low … high laid on from … to. */
struct pulse_axis {
    double low, high, from, to;
};
double pulse_axis_at(const struct pulse_axis *axis, double value);
/* The same, cut at both ends. */
double pulse_axis_within(const struct pulse_axis *axis, double value);

/* Round numbers (1, 2 or 5 times a power of ten apart) within low … high, at most `most`; returns
 * how many, and the decimals that distinguish them. */
enum { PULSE_TICKS = 12 };
int pulse_ticks(double low, double high, int most, double ticks[PULSE_TICKS], int *decimals);

#endif
