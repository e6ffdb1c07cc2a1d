#include "engine/workflow/findings.h"

#include <stdio.h>

#include "engine/limits.h"

enum { LOCATION_SIZE_MAX = 1024, SENTENCE_SIZE = 1024 };

const char *workflow_rule_name(workflow_rule rule)
{
    static const char *const names[] = {
#define X(code, name) name,
        WORKFLOW_RULES(X)
#undef X
    };
    return names[rule];
}

void workflow_findings_init(workflow_findings *f, arena *a)
{
    *f = (workflow_findings){.arena = a};
}

/* Without memory the finding still counts, so that nobody takes its document for a sound one. */
static void append(workflow_findings *f, workflow_finding finding, const char *format, va_list arguments)
{
    char sentence[SENTENCE_SIZE];
    int written = vsnprintf(sentence, sizeof sentence, format, arguments);
    size_t size = written < SENTENCE_SIZE ? (size_t)written : sizeof sentence - 1;
    if (f->items == NULL)
        f->items = arena_calloc(f->arena, LIMIT_WORKFLOW_FINDINGS, sizeof *f->items);
    finding.message = arena_copy(f->arena, sentence, size);
    finding.file = arena_copy(f->arena, finding.file, strlen(finding.file));
    if (f->count == LIMIT_WORKFLOW_FINDINGS || f->items == NULL || finding.message == NULL ||
        finding.file == NULL)
        f->dropped++;
    else
        f->items[f->count++] = finding;
}

static const char *pointer_of(workflow_findings *f, const document *d, const value *node)
{
    buffer b;
    buffer_init(&b, f->arena, LOCATION_SIZE_MAX);
    document_write_pointer(d, node, &b);
    buffer_add_byte(&b, '\0');
    return b.failed ? "" : b.bytes;
}

void workflow_findings_add(workflow_findings *f, const document *d, const value *node, workflow_rule rule,
                           const char *format, ...)
{
    workflow_finding finding = {.file = d->name, .location = "", .rule = rule};
    if (node != NULL) {
        finding.line = document_line(d, node);
        finding.location = pointer_of(f, d, node);
    }
    va_list arguments;
    va_start(arguments, format);
    append(f, finding, format, arguments);
    va_end(arguments);
}

void workflow_findings_add_file(workflow_findings *f, const char *file, size_t line, workflow_rule rule,
                                const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    append(f, (workflow_finding){.file = file, .line = line, .location = "", .rule = rule}, format,
           arguments);
    va_end(arguments);
}

void workflow_findings_add_taken_id(workflow_findings *f, const char *file, size_t line, const char *id,
                                    const char *first_file, size_t first_line)
{
    workflow_findings_add_file(f, file, line, RULE_UNIQUE_WORKFLOW_ID,
                               "the workflow_id \"%s\" is taken in %s:%zu", id, first_file, first_line);
}

void workflow_findings_add_error(workflow_findings *f, const char *file, const error *e)
{
    workflow_rule rule = e->code == ERROR_SYNTAX ? RULE_SYNTAX : RULE_LIMIT;
    workflow_findings_add_file(f, file, e->position, rule, "%s", e->message);
}

size_t workflow_findings_total(const workflow_findings *f)
{
    return f->count + f->dropped;
}

/* Keys may hold anything; a finding is one line. */
static void blank_controls(char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F)
            text[i] = ' ';
}

void workflow_finding_write(buffer *b, const workflow_finding *finding)
{
    size_t start = b->size;
    buffer_add_text(b, finding->file);
    if (finding->line > 0)
        buffer_format(b, ":%zu", finding->line);
    if (*finding->location != '\0')
        buffer_format(b, ": %s", finding->location);
    buffer_format(b, ": %s: %s", workflow_rule_name(finding->rule), finding->message);
    if (!b->failed)
        blank_controls(b->bytes + start, b->size - start);
}
