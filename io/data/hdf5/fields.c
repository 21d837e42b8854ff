#include "data/hdf5/fields.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "data/common/columns.h"
#include "data/hdf5/cf/stored_time.h"
#include "data/hdf5/time.h"

/* ---- Elements and rows of them -------------------------------------------------- */

enum { LONGEST = 64 << 10 }; /* bytes of fixed text */

bool pulse_h5_is_flat_class(H5T_class_t kind)
{
    return kind == H5T_INTEGER || kind == H5T_FLOAT || kind == H5T_STRING || kind == H5T_BITFIELD ||
           kind == H5T_ENUM || kind == H5T_TIME;
}

/* As h5py stores truth: an enumeration of FALSE and TRUE. */
static bool is_truth(hid_t stored)
{
    bool truth = H5Tget_nmembers(stored) == 2 && H5Tget_size(stored) == 1;
    for (unsigned i = 0; truth && i < 2; i++) {
        char *name = H5Tget_member_name(stored, i);
        truth = name != NULL && strcmp(name, i == 0 ? "FALSE" : "TRUE") == 0;
        if (name != NULL)
            (void)H5free_memory(name);
    }
    return truth;
}

static bool text_of(hid_t stored, struct pulse_h5_element *out)
{
    out->kind = PULSE_KIND_TEXT;
    if (H5Tis_variable_str(stored) > 0) {
        out->form = PULSE_H5_VARIABLE;
        out->bytes = sizeof(char *);
        out->memory = H5Tcopy(H5T_C_S1);
        return out->memory >= 0 && H5Tset_size(out->memory, H5T_VARIABLE) >= 0 &&
               H5Tset_cset(out->memory, H5Tget_cset(stored)) >= 0;
    }
    out->form = PULSE_H5_FIXED;
    out->bytes = H5Tget_size(stored);
    out->blanks = H5Tget_strpad(stored) == H5T_STR_SPACEPAD;
    out->memory = H5Tcopy(stored);
    return out->bytes > 0 && out->bytes <= LONGEST;
}

bool pulse_h5_element_of(hid_t stored, struct pulse_h5_element *out)
{
    const H5T_class_t class = H5Tget_class(stored);
    *out = (struct pulse_h5_element){
        .kind = PULSE_KIND_INT, .form = PULSE_H5_INTEGER, .memory = -1, .bytes = sizeof(int64_t)};
    if (class == H5T_INTEGER) {
        const bool is_signed = H5Tget_sign(stored) != H5T_SGN_NONE;
        out->kind = is_signed ? PULSE_KIND_INT : PULSE_KIND_UINT;
        out->memory = H5Tcopy(is_signed ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64);
    } else if (class == H5T_FLOAT) {
        out->kind = H5Tget_size(stored) <= sizeof(float) ? PULSE_KIND_FLOAT : PULSE_KIND_DOUBLE;
        out->form = PULSE_H5_REAL;
        out->memory = H5Tcopy(H5T_NATIVE_DOUBLE);
    } else if (class == H5T_STRING) {
        return text_of(stored, out);
    } else if (class == H5T_BITFIELD && H5Tget_size(stored) == 1) { /* PyTables */
        *out = (struct pulse_h5_element){
            PULSE_KIND_BOOL, PULSE_H5_TRUTH, H5Tcopy(H5T_NATIVE_B8), 1, false, 0};
    } else if (class == H5T_ENUM && is_truth(stored)) {
        *out = (struct pulse_h5_element){
            PULSE_KIND_BOOL, PULSE_H5_TRUTH, H5Tcopy(H5T_NATIVE_INT8), 1, false, 0};
    } else if (class == H5T_ENUM) {
        out->memory = H5Tcopy(H5T_NATIVE_INT64);
    } else if (pulse_h5_stored_time_unit(stored) > 0) {
        out->kind = PULSE_KIND_TIME;
        out->unit_ns = pulse_h5_stored_time_unit(stored);
        out->memory = H5Tcopy(H5T_NATIVE_INT64);
    }
    return out->memory >= 0;
}

void pulse_h5_element_clear(struct pulse_h5_element *element)
{
    if (element->memory >= 0)
        (void)H5Tclose(element->memory);
    element->memory = -1;
}

/* ---- Rows of compounds ---------------------------------------------------------- */

/* The type in memory of a member: its element's, or an array of them. */
static hid_t slot_of(hid_t stored, struct pulse_h5_slot *slot)
{
    hsize_t size = 1;
    slot->array = H5Tget_class(stored) == H5T_ARRAY;
    slot->count = 1;
    if (!slot->array)
        return pulse_h5_element_of(stored, &slot->element) ? H5Tcopy(slot->element.memory) : -1;
    hid_t inner = H5Tget_super(stored), array = -1;
    if (inner >= 0 && H5Tget_array_ndims(stored) == 1 && H5Tget_array_dims2(stored, &size) >= 0 &&
        size > 0 && size < 1 << 24 && pulse_h5_element_of(inner, &slot->element))
        array = H5Tarray_create2(slot->element.memory, 1, &size);
    slot->count = (int64_t)size;
    if (inner >= 0)
        (void)H5Tclose(inner);
    return array;
}

static bool add_slot(hid_t stored, unsigned i, struct pulse_h5_row *row, hid_t *types,
                     struct pulse_err *err)
{
    struct pulse_h5_slot *slot = &row->slots[row->n];
    hid_t type = H5Tget_member_type(stored, i);
    char *name = H5Tget_member_name(stored, i);
    slot->element.memory = -1;
    hid_t memory = type < 0 || name == NULL ? -1 : slot_of(type, slot);
    bool done = true;
    if (memory >= 0) {
        slot->name = pulse_strdup(name, err);
        done = slot->name != NULL;
        slot->offset = row->bytes;
        row->bytes += H5Tget_size(memory);
        row->variable |= slot->element.form == PULSE_H5_VARIABLE;
        types[row->n++] = memory;
    } else {
        pulse_h5_element_clear(&slot->element);
    }
    if (name != NULL)
        (void)H5free_memory(name);
    if (type >= 0)
        (void)H5Tclose(type);
    return done;
}

/* The flat members of a compound type; false where there are none, or with an error in `err` where
 * memory is short. Clear in any case. */
static bool list_members(hid_t stored, struct pulse_h5_row *out, struct pulse_err *err)
{
    const int members = H5Tget_class(stored) == H5T_COMPOUND ? H5Tget_nmembers(stored) : 0;
    *out = (struct pulse_h5_row){.memory = -1};
    if (members <= 0)
        return false;
    out->slots = pulse_calloc(members, sizeof *out->slots, "HDF5 members", err);
    hid_t *types = pulse_calloc(members, sizeof *types, "HDF5 members", err);
    if (out->slots == NULL || types == NULL) {
        free(types);
        return false;
    }
    bool done = true;
    for (int i = 0; done && i < members; i++)
        done = add_slot(stored, (unsigned)i, out, types, err);
    if (done && out->n > 0)
        out->memory = H5Tcreate(H5T_COMPOUND, out->bytes);
    for (int64_t i = 0; i < out->n; i++) {
        const struct pulse_h5_slot *slot = &out->slots[i];
        if (done && out->memory >= 0)
            done = H5Tinsert(out->memory, slot->name, slot->offset, types[i]) >= 0;
        (void)H5Tclose(types[i]);
    }
    free(types);
    return done && out->memory >= 0;
}

void pulse_h5_row_clear(struct pulse_h5_row *row)
{
    for (int64_t i = 0; i < row->n; i++) {
        free(row->slots[i].name);
        pulse_h5_element_clear(&row->slots[i].element);
    }
    free(row->slots);
    if (row->memory >= 0)
        (void)H5Tclose(row->memory);
    *row = (struct pulse_h5_row){.memory = -1};
}

const struct pulse_h5_slot *pulse_h5_row_slot(const struct pulse_h5_row *row, const char *name)
{
    for (int64_t i = 0; i < row->n; i++)
        if (strcmp(row->slots[i].name, name) == 0)
            return &row->slots[i];
    return NULL;
}

/* ---- Columns --------------------------------------------------------------------- */

int pulse_h5_add_source(struct pulse_h5_fields *f, const char *name, struct pulse_h5_rows **out,
                        struct pulse_err *err)
{
    if (pulse_grow(&f->sources, &f->sources_cap, f->n_sources + 1, sizeof *f->sources,
                   "HDF5 datasets", err) != 0)
        return -1;
    *out = &f->sources[f->n_sources++];
    **out = (struct pulse_h5_rows){.name = pulse_strdup(name, err), .memory = -1, .across = -1};
    return (*out)->name == NULL ? -1 : 0;
}

int pulse_h5_add_field(struct pulse_h5_fields *f, const char *name,
                       const struct pulse_h5_element *element, size_t offset, struct pulse_err *err)
{
    if (pulse_grow(&f->all, &f->cap, f->n + 1, sizeof *f->all, "HDF5 columns", err) != 0)
        return -1;
    f->all[f->n] =
        (struct pulse_h5_field){.name = pulse_strdup(name, err),
                                .kind = element->kind,
                                .form = element->form,
                                .source = f->n_sources - 1,
                                .offset = offset,
                                .size = element->bytes,
                                .blanks = element->blanks,
                                .unit = {.ns = element->unit_ns > 0 ? element->unit_ns : 1},
                                .declared = element->unit_ns > 0};
    if (f->all[f->n++].name == NULL)
        return -1;
    return pulse_h5_check_text(&f->location, f->sources[f->n_sources - 1].name, name, err);
}

int pulse_h5_leave_out(struct pulse_h5_fields *f, const char *name, const char *holds,
                       struct pulse_err *err)
{
    const int64_t i = f->n_left_out;
    if (pulse_grow(&f->left_out, &f->left_out_cap, i + 1, sizeof *f->left_out, "HDF5 columns",
                   err) != 0 ||
        pulse_grow(&f->holds, &f->holds_cap, i + 1, sizeof *f->holds, "HDF5 columns", err) != 0)
        return -1;
    f->left_out[i] = pulse_strdup(name, err);
    f->holds[i] = f->left_out[i] == NULL ? NULL : pulse_strdup(holds, err);
    if (f->left_out[i] != NULL)
        pulse_utf8_repair(f->left_out[i]); /* it is only shown */
    f->n_left_out++;
    return f->holds[i] == NULL ? -1 : 0;
}

char *pulse_h5_left_out_label(const struct pulse_h5_fields *f, int64_t i, struct pulse_err *err)
{
    static const char misfit[] = PULSE_HOLDS_MISFIT;
    const char *holds = f->holds[i];
    return strncmp(holds, misfit, sizeof misfit - 1) == 0
               ? pulse_print(err, "%s (%s", f->left_out[i], holds + sizeof misfit - 1)
               : pulse_strdup(f->left_out[i], err);
}

int pulse_h5_take_unit(struct pulse_h5_fields *f, hid_t dataset, bool alone, struct pulse_err *err)
{
    struct pulse_h5_field *field = &f->all[f->n - 1];
    struct pulse_h5_packing *packing = &f->sources[field->source].packing;
    const char *name = f->sources[field->source].name;
    bool counts = false;
    if ((field->form != PULSE_H5_INTEGER && field->form != PULSE_H5_REAL) || field->declared)
        return 0;
    if (alone && pulse_h5_counts_time(&f->location, dataset, &counts, err) != 0)
        return -1;
    if (!counts && !pulse_is_time_name(field->name) &&
        (f->time == NULL || strcmp(f->time, field->name) != 0))
        return 0;
    int rc = pulse_h5_time_unit(&f->location, name, dataset, &field->unit, &field->declared, err);
    const bool whole = field->form == PULSE_H5_INTEGER && !packing->scaled;
    if (whole || field->declared) { /* undeclared reals may be anything */
        field->kind = PULSE_KIND_TIME;
        packing->narrow = false; /* four bytes would move times by minutes */
    }
    if (rc == 0 && alone && field->kind == PULSE_KIND_TIME)
        rc = pulse_h5_time_zone(&f->location, dataset, field->zone, err);
    return rc;
}

int pulse_h5_add_rows(struct pulse_h5_fields *f, const char *dataset, struct pulse_h5_dataset *d,
                      struct pulse_h5_row *row, struct pulse_err *err)
{
    struct pulse_h5_rows *source;
    *row = (struct pulse_h5_row){.memory = -1};
    if (pulse_h5_dataset_open(&f->location, dataset, d, err) != 0)
        return -1;
    if (d->rank != 1 || !list_members(d->type, row, err))
        return pulse_h5_fail(&f->location, dataset, "no vector of compounds with flat members",
                             err);
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
    for (int64_t i = 0; i < f->n_left_out; i++) {
        free(f->left_out[i]);
        free(f->holds[i]);
    }
    free(f->left_out);
    free(f->holds);
    for (int64_t i = 0; i < f->n_sources; i++) {
        free(f->sources[i].name);
        pulse_pickle_tree_free(f->sources[i].pickle);
        if (f->sources[i].memory >= 0)
            (void)H5Tclose(f->sources[i].memory);
    }
    if (f->location.id >= 0)
        (void)H5Gclose(f->location.id);
    for (int64_t i = 0; i < f->n_categories; i++)
        pulse_batch_clear(&f->categories[i]);
    free(f->categories);
    free(f->all);
    free(f->sources);
    free(f->path);
    *f = (struct pulse_h5_fields){.location = {.id = -1}};
}
