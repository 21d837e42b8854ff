#include "data/hdf5/fields.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "data/common/columns.h"
#include "data/hdf5/time.h"

int pulse_h5_add_source(struct pulse_h5_fields *f, const char *name, struct pulse_h5_rows **out,
                        struct pulse_err *err)
{
    if (pulse_grow(&f->sources, &f->sources_cap, f->n_sources + 1, sizeof *f->sources,
                   "HDF5 datasets", err) != 0)
        return -1;
    *out = &f->sources[f->n_sources++];
    **out = (struct pulse_h5_rows){.name = pulse_strdup(name, err), .memory = -1};
    return (*out)->name == NULL ? -1 : 0;
}

int pulse_h5_add_field(struct pulse_h5_fields *f, const char *name,
                       const struct pulse_h5_element *element, size_t offset, struct pulse_err *err)
{
    if (pulse_grow(&f->all, &f->cap, f->n + 1, sizeof *f->all, "HDF5 columns", err) != 0)
        return -1;
    f->all[f->n] = (struct pulse_h5_field){.name = pulse_strdup(name, err),
                                           .kind = element->kind,
                                           .form = element->form,
                                           .source = f->n_sources - 1,
                                           .offset = offset,
                                           .size = element->bytes,
                                           .blanks = element->blanks,
                                           .unit_ns = 1};
    if (f->all[f->n++].name == NULL)
        return -1;
    return pulse_utf8_valid(name) ? 0
                                  : pulse_h5_fail(&f->place, f->sources[f->n_sources - 1].name,
                                                  "a name that is no UTF-8 text", err);
}

int pulse_h5_take_unit(struct pulse_h5_fields *f, hid_t dataset, bool alone, struct pulse_err *err)
{
    struct pulse_h5_field *field = &f->all[f->n - 1];
    const char *name = f->sources[field->source].name;
    bool counts = false;
    if (field->form != PULSE_H5_INTEGER)
        return 0;
    if (alone && pulse_h5_counts_time(&f->place, dataset, &counts, err) != 0)
        return -1;
    if (!counts && !pulse_is_time_name(field->name))
        return 0;
    field->kind = PULSE_KIND_TIME;
    return pulse_h5_time_unit(&f->place, name, dataset, &field->unit_ns, &field->epoch_ns,
                              &field->declared, err);
}

int pulse_h5_add_rows(struct pulse_h5_fields *f, const char *dataset, struct pulse_h5_dataset *d,
                      struct pulse_h5_row *row, struct pulse_err *err)
{
    struct pulse_h5_rows *source;
    *row = (struct pulse_h5_row){.memory = -1};
    if (pulse_h5_dataset_open(&f->place, dataset, d, err) != 0)
        return -1;
    if (d->rank != 1 || !pulse_h5_row_of(d->type, row, err))
        return pulse_h5_fail(&f->place, dataset, "no vector of compounds with flat members", err);
    if (pulse_h5_add_source(f, dataset, &source, err) != 0)
        return -1;
    source->memory = row->memory;
    source->bytes = row->bytes;
    source->chunk = d->chunk[0];
    source->variable = row->variable;
    row->memory = -1;
    return 0;
}

void pulse_h5_fields_clear(struct pulse_h5_fields *f)
{
    for (int64_t i = 0; i < f->n; i++)
        free(f->all[i].name);
    for (int64_t i = 0; i < f->n_sources; i++) {
        free(f->sources[i].name);
        pulse_pickle_tree_free(f->sources[i].pickle);
        if (f->sources[i].memory >= 0)
            (void)H5Tclose(f->sources[i].memory);
    }
    if (f->place.id >= 0)
        (void)H5Gclose(f->place.id);
    for (int64_t i = 0; i < f->n_categories; i++)
        pulse_batch_clear(&f->categories[i]);
    free(f->categories);
    free(f->all);
    free(f->sources);
    free(f->path);
    *f = (struct pulse_h5_fields){.place = {.id = -1}};
}
