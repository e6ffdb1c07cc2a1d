#include "engine/expression/template_check.h"

#include "engine/expression/template/template_parser.h"

bool template_check(arena *a, const char *source, size_t size, const expression_scope *scope,
                    const value *const *schemas, check_findings *findings, exception *x)
{
    findings->count = 0;
    const template_checking checking = {.shapes = check_shapes(a, scope, schemas), .findings = findings};
    if (checking.shapes == NULL) {
        *x = (exception){.type = EXCEPTION_RESOURCE, .message = "no memory is left for the template"};
        return false;
    }
    template unused;
    return template_parse(a, source, size, TEMPLATE_TEXT, scope, &checking, &unused, x);
}
