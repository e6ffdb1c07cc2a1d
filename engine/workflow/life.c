#include "engine/workflow/life.h"

#include "engine/limits.h"
#include "engine/value/json.h"

workflow_life workflow_life_new(void)
{
    return (workflow_life){.status = WORKFLOW_DRAFT};
}

static bool refuse_archived(const workflow_life *l, error *e)
{
    return l->status != WORKFLOW_ARCHIVED ||
           error_set(e, ERROR_INVALID_WORKFLOW, 0, "the workflow is archived and never comes back");
}

bool workflow_life_apply(workflow_life *l, int same, int *version, error *e)
{
    if (!refuse_archived(l, e))
        return false;
    assert(same <= l->latest);
    if (same == 0 && l->latest == LIMIT_WORKFLOW_VERSIONS)
        return error_set(e, ERROR_LIMIT, 0, "the workflow has %d versions, more than that it cannot have",
                         LIMIT_WORKFLOW_VERSIONS);
    *version = same != 0 ? same : ++l->latest;
    return true;
}

bool workflow_life_activate(workflow_life *l, int version, error *e)
{
    if (!refuse_archived(l, e))
        return false;
    if (version < 1 || version > l->latest)
        return error_set(e, ERROR_INVALID_WORKFLOW, 0, "there is no version %d; versions are 1 to %d",
                         version, l->latest);
    l->status = WORKFLOW_ACTIVE;
    l->active = version;
    return true;
}

bool workflow_life_archive(workflow_life *l, error *e)
{
    if (l->status == WORKFLOW_DRAFT)
        return error_set(e, ERROR_INVALID_WORKFLOW, 0, "a draft cannot be archived: it never was active");
    l->status = WORKFLOW_ARCHIVED;
    return true;
}

bool workflow_life_change_control(workflow_life *l, error *e)
{
    if (!refuse_archived(l, e))
        return false;
    if (l->latest == 0)
        return error_set(e, ERROR_INVALID_WORKFLOW, 0, "there is no version of the workflow yet");
    if (l->control_version == INT64_MAX)
        return error_set(e, ERROR_LIMIT, 0, "the control values have no next version number");
    l->control_version++;
    return true;
}

int workflow_life_version(const workflow_life *l)
{
    return l->active != 0 ? l->active : l->latest;
}

void workflow_life_write(buffer *b, const workflow_life *l)
{
    buffer_format(b, "{\"status\":\"%s\",\"latest\":%d,\"active\":%d,\"control_version\":%lld}",
                  workflow_status_name(l->status), l->latest, l->active, (long long)l->control_version);
}

static bool read_version(const value *record, const char *key, int *version)
{
    const value *v = value_field(record, key);
    if (v == NULL || v->kind != VALUE_INT || v->integer < 0 || v->integer > LIMIT_WORKFLOW_VERSIONS)
        return false;
    *version = (int)v->integer;
    return true;
}

bool workflow_life_read(arena *scratch, const char *text, size_t size, workflow_life *l, error *e)
{
    value record;
    *l = workflow_life_new();
    if (!json_read(scratch, text, size, &record, NULL))
        return error_set(e, ERROR_RECORD, 0, "a stored life of a workflow is not JSON");
    const value *status = value_field(&record, "status");
    const value *control_version = value_field(&record, "control_version");
    if (status == NULL || !workflow_status_find(status, &l->status) ||
        !read_version(&record, "latest", &l->latest) || !read_version(&record, "active", &l->active) ||
        control_version == NULL || control_version->kind != VALUE_INT || control_version->integer < 0)
        return error_set(e, ERROR_RECORD, 0, "a stored life of a workflow lacks something");
    if (l->active > l->latest || (l->active == 0) != (l->status == WORKFLOW_DRAFT))
        return error_set(e, ERROR_RECORD, 0, "a stored life of a workflow contradicts itself");
    l->control_version = control_version->integer;
    return true;
}
