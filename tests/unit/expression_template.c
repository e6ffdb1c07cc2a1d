#include <criterion/criterion.h>
#include <stdio.h>

#include "engine/expression/template/template.h"
#include "engine/limits.h"
#include "engine/value/json.h"

/* Every test renders over these names. */
static const char *const names[] = {"payload", "steps", "recipient"};
static const char payload[] =
    "{\"name\":\"Ada\",\"html\":\"<b>&'\\\"\",\"none\":null,\"zero\":0,\"price\":1234.5,\"yes\":true,"
    "\"tags\":[\"a\",\"b\",\"c\"],\"empty\":[],\"break\":\"a\\nb\",\"nul\":\"a\\u0000b\","
    "\"items\":[{\"name\":\"pen\",\"qty\":2},{\"name\":\"ink\",\"qty\":1}],\"pairs\":[[1,2],[3,4]],"
    "\"when\":\"2026-03-01T08:05:09Z\",\"big\":9007199254740993,\"map\":{\"x\":1,\"y\":2}}";

static arena memory;
static value values[3];
static exception failure;

static void set_up(void)
{
    error e;
    arena_init(&memory, 1024, 64 << 20);
    cr_assert(json_read(&memory, payload, strlen(payload), &values[0], &e));
    values[1] = (value){.kind = VALUE_MAP};
    values[2] = value_cstring("ada@example.org");
    failure = (exception){0};
}

static void tear_down(void)
{
    arena_free(&memory);
}

TestSuite(expression_template, .init = set_up, .fini = tear_down);

static const template *compile(const char *source, size_t size, template_kind kind)
{
    expression_scope scope = {.names = names, .count = 3};
    return template_compile(&memory, source, size, kind, &scope, &failure);
}

/* The text, or the name of the exception that `failure` has. */
static const char *rendered(const char *source, template_kind kind)
{
    buffer out;
    const template *t = compile(source, strlen(source), kind);
    buffer_init(&out, &memory, 4 << 20);
    if (t == NULL || !template_render(t, values, &memory, &out, &failure))
        return exception_name(failure.type);
    cr_expect_not(out.failed);
    return arena_copy(&memory, out.bytes, out.size);
}

static const char *text(const char *source)
{
    return rendered(source, TEMPLATE_TEXT);
}

static const char *html(const char *source)
{
    return rendered(source, TEMPLATE_HTML);
}

static const char *line(const char *source)
{
    return rendered(source, TEMPLATE_LINE);
}

static const char *url(const char *source)
{
    return rendered(source, TEMPLATE_URL);
}

static void expect_failure(const char *source, template_kind kind, exception_type type, size_t position)
{
    cr_expect_str_eq(rendered(source, kind), exception_name(type), "%s", source);
    cr_expect_eq(failure.position, position, "%s: %s at %zu", source, failure.message, failure.position);
}

Test(expression_template, text_is_kept_byte_for_byte)
{
    static const char *const same[] = {"", "a", "a\r\n\n", " } }} %} #} { { % ", "{", "{ {", "\xC3\xA9\n"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        cr_expect_str_eq(text(same[i]), same[i]);
}

Test(expression_template, prints_values_as_python_does)
{
    cr_expect_str_eq(text("Hi {{ payload.name }}!"), "Hi Ada!");
    cr_expect_str_eq(text("{{payload['price']}} {{ payload.yes }} {{ payload.big }}"),
                     "1234.5 True 9007199254740993");
    cr_expect_str_eq(text("{{ payload.tags }}"), "['a', 'b', 'c']");
    cr_expect_str_eq(text("{{ payload.map }}"), "{'x': 1, 'y': 2}");
    cr_expect_str_eq(text("{{ 'a' + \"}}\" + '%}' }}"), "a}}%}");
    cr_expect_str_eq(text("{{ {'a': {'b': 1}}['a']['b'] }}"), "1");
    cr_expect_str_eq(text("{{ '''x''''y}}' }}{{ ''''x}}''' }}"), "xy}}'x}}");
    cr_expect_str_eq(text("{{ 'a\\'}}' }}{{ '''b'}}''' }}{{ '' }}{{ \"\"\"c\"}}\"\"\" }}"), "a'}}b'}}c\"}}");
    cr_expect_str_eq(text("{{ payload.zero\n   + 1 }}"), "1");
}

Test(expression_template, missing_values_are_errors)
{
    expect_failure("Hi {{ payload.nickname }}", TEMPLATE_TEXT, EXCEPTION_ATTRIBUTE, 14);
    expect_failure("Hi {{ payload['nickname'] }}", TEMPLATE_TEXT, EXCEPTION_KEY, 13);
    expect_failure("Hi {{ payload.none }}", TEMPLATE_TEXT, EXCEPTION_TYPE, 6);
    expect_failure("{% if payload.nickname %}{% endif %}", TEMPLATE_TEXT, EXCEPTION_ATTRIBUTE, 14);
    expect_failure("{% for x in payload.none %}{% endfor %}", TEMPLATE_TEXT, EXCEPTION_TYPE, 12);
    cr_expect_str_eq(text("{% if payload.get('nickname') %}a{% else %}b{% endif %}"), "b");
}

Test(expression_template, default_stands_in_for_what_is_missing)
{
    cr_expect_str_eq(text("{{ payload.nickname | default('you') }}"), "you");
    cr_expect_str_eq(text("{{ payload['nick']['name'] | default('you') }}"), "you");
    cr_expect_str_eq(text("{{ payload.tags[9] | default('you') }}"), "you");
    cr_expect_str_eq(text("{{ payload.none | default('you') }}"), "you");
    cr_expect_str_eq(text("{{ payload.name | default('you') }}"), "Ada");
    cr_expect_str_eq(text("{{ payload.zero | default(5) }}{{ payload.zero | default(5, True) }}"), "05");
    cr_expect_str_eq(text("{{ payload.zero | default(5, boolean=payload.yes) }}"), "5");
    cr_expect_str_eq(text("<{{ payload.x | default }}>"), "<>");
    cr_expect_str_eq(text("{{ payload.x | default(payload.y | default('deep')) }}"), "deep");
    cr_expect_str_eq(text("{{ 'Hi ' + payload.x | default('you') }}"), "Hi you");
    cr_expect_str_eq(text("{% for x in payload.x | default([]) %}{% else %}none{% endfor %}"), "none");
    expect_failure("{{ payload.x | default(payload.y) }}", TEMPLATE_TEXT, EXCEPTION_ATTRIBUTE, 31);
    expect_failure("{{ payload.y + payload.x | default('a') }}", TEMPLATE_TEXT, EXCEPTION_ATTRIBUTE, 11);
    expect_failure("{{ (1 / payload.zero) | default(1) }}", TEMPLATE_TEXT, EXCEPTION_ZERO_DIVISION, 6);
}

Test(expression_template, filters_bind_as_in_jinja)
{
    cr_expect_str_eq(text("{{ 'a' + 'b' | upper }}"), "aB");
    cr_expect_str_eq(text("{{ ('a' + 'b') | upper }}"), "AB");
    cr_expect_str_eq(text("{{ 'x' if payload.yes else 'y' | upper }}"), "x");
    cr_expect_str_eq(text("{{ payload.name|upper|lower }}"), "ada");
    cr_expect_str_eq(text("{{ payload.tags | join(', ') | upper }}"), "A, B, C");
    cr_expect_str_eq(text("{{ -1 | money('EUR') }}"), "-1.00 EUR");
    cr_expect_str_eq(text("{{ [x | upper for x in payload.tags] }}"), "['A', 'B', 'C']");
    cr_expect_str_eq(text("{{ not payload.x | default(False) }}"), "True");
    cr_expect_str_eq(text("{{ 6 | 1 }}"), "7");
}

Test(expression_template, default_leaves_the_rest_of_the_expression_alone)
{
    cr_expect_str_eq(text("{{ [1, payload.x | default(2), 3] }}"), "[1, 2, 3]");
    cr_expect_str_eq(text("{{ max(1, payload.x | default(2)) + 1 }}"), "3");
    cr_expect_str_eq(text("{{ [t.x | default(t) for t in payload.tags] }}"), "['a', 'b', 'c']");
    cr_expect_str_eq(text("{{ (t.x | default(t) for t in payload.tags) | join }}"), "abc");
    cr_expect_str_eq(text("{{ [t.x for t in payload.tags] | default('none') }}"), "none");
    cr_expect_str_eq(text("{{ sum(t.x for t in payload.tags) | default('none') }}"), "none");
    cr_expect_str_eq(text("{{ (payload.zero or payload.x) | default('none') }}"), "none");
    cr_expect_str_eq(text("{{ (payload.zero if payload.yes else payload.x) | default('none') }}"), "0");
    cr_expect_str_eq(text("{{ payload.x | upper | default('none') }}"), "none");
    cr_expect_str_eq(text("{{ payload.none['x'] | default('none') }}"), "none");
    cr_expect_str_eq(text("{{ (1 + 'a') | default('none') }}"), "TypeError");
    cr_expect_str_eq(text("{{ payload.none() | default('none') }}"), "TypeError");
}

Test(expression_template, what_default_stands_in_for_may_be_missing_many_times)
{
    cr_expect_str_eq(text("{% for i in range(500) %}{% if [t.x for t in [1]] | default('') %}{% endif %}"
                          "{% endfor %}"),
                     "");
}

Test(expression_template, is_defined_asks)
{
    cr_expect_str_eq(text("{{ payload.x is defined }} {{ payload.x is not defined }}"), "False True");
    cr_expect_str_eq(text("{{ payload.none is defined }} {{ not payload.x is defined }}"), "True True");
    cr_expect_str_eq(text("{{ payload.tags[3] is defined and 1 }}"), "False");
    cr_expect_str_eq(text("{{ payload.none is None }} {{ payload.none is not None }}"), "True False");
    expect_failure("{{ payload.x | is defined }}", TEMPLATE_TEXT, EXCEPTION_SYNTAX, 15);
}

Test(expression_template, filters_are_bounded)
{
    char source[512] = "{{ 1";
    for (int i = 0; i < LIMIT_EXPRESSION_DEPTH - 1; i++)
        strcat(source, " | e");
    size_t size = strlen(source);
    strcpy(source + size, " }}");
    cr_expect_str_eq(text(source), "1");
    strcpy(source + size, " | e }}");
    cr_expect_str_eq(text(source), "ResourceError");
}

Test(expression_template, filters_make_text)
{
    cr_expect_str_eq(text("{{ payload.price | money('EUR') }}"), "1,234.50 EUR");
    cr_expect_str_eq(text("{{ payload.when | date('%-d %B %Y') }}"), "1 March 2026");
    cr_expect_str_eq(text("{{ payload.tags | join }}"), "abc");
    cr_expect_str_eq(text("{{ (1, 2.5, True) | join('-') }}"), "1-2.5-True");
    cr_expect_str_eq(text("{{ payload.map | join(',') }}"), "x,y");
    cr_expect_str_eq(text("{{ 12 | upper }}"), "12");
    cr_expect_str_eq(text("{{ '<' | e }}{{ '<' | escape | e }}"), "&lt;&lt;");
    expect_failure("{{ payload.none | upper }}", TEMPLATE_TEXT, EXCEPTION_TYPE, 16);
    expect_failure("{{ ['a', None] | join(',') }}", TEMPLATE_TEXT, EXCEPTION_TYPE, 15);
    expect_failure("{{ 5 | join(',') }}", TEMPLATE_TEXT, EXCEPTION_TYPE, 5);
    expect_failure("{{ payload.name | uper }}", TEMPLATE_TEXT, EXCEPTION_NAME, 18);
    expect_failure("{{ payload.name | money }}", TEMPLATE_TEXT, EXCEPTION_TYPE, 16);
}

Test(expression_template, if_takes_the_first_true_branch)
{
    static const char source[] = "{% if payload.zero %}a{% elif payload.empty %}b{% elif payload.name %}c"
                                 "{% elif payload.x %}d{% else %}e{% endif %}f";
    cr_expect_str_eq(text(source), "cf");
    cr_expect_str_eq(text("{% if payload.zero %}a{% endif %}b"), "b");
    cr_expect_str_eq(text("{% if payload.zero %}a{% else %}{% if 1 %}b{% endif %}c{% endif %}"), "bc");
    cr_expect_str_eq(text("{%if(payload.zero)%}a{%elif 0%}b{%else%}c{%endif%}"), "c");
}

Test(expression_template, for_goes_over_whatever_python_goes_over)
{
    cr_expect_str_eq(text("{% for x in payload.tags %}{{ x }};{% endfor %}"), "a;b;c;");
    cr_expect_str_eq(text("{% for x in payload.map %}{{ x }}{% endfor %}"), "xy");
    cr_expect_str_eq(text("{% for x in '\xC3\xA9t' %}[{{ x }}]{% endfor %}"), "[\xC3\xA9][t]");
    cr_expect_str_eq(text("{% for x in range(3) %}{{ x }}{% endfor %}"), "012");
    cr_expect_str_eq(text("{% for k, v in payload.map.items() %}{{ k }}={{ v }} {% endfor %}"), "x=1 y=2 ");
    cr_expect_str_eq(text("{% for a,b in payload.pairs %}{{ a * b }} {% endfor %}"), "2 12 ");
    cr_expect_str_eq(text("{% for x in payload.tags if x else [] %}{% endfor %}"), "NameError");
    cr_expect_str_eq(text("{% for x in [] %}a{% else %}b{% endfor %}"), "b");
    cr_expect_str_eq(text("{% for x in [1] %}a{% else %}b{% endfor %}"), "a");
    cr_expect_str_eq(text("{% for x in range(3) %}{{ x }}{% for y in [] %}{% endfor %}{% endfor %}"), "012");
    expect_failure("{% for a, b in [[1]] %}{% endfor %}", TEMPLATE_TEXT, EXCEPTION_VALUE, 15);
    expect_failure("{% for a, b in [[1, 2], [1, 2, 3]] %}{% endfor %}", TEMPLATE_TEXT, EXCEPTION_VALUE, 15);
    expect_failure("{% for a, b in [1] %}{% endfor %}", TEMPLATE_TEXT, EXCEPTION_TYPE, 15);
}

Test(expression_template, variables_are_bounded)
{
    cr_expect_str_eq(text("{% for a, b, c, d in [[1, 2, 3, 4]] %}{{ a + d }}{% endfor %}"), "5");
    expect_failure("{% for a, b, c, d, e in [] %}{% endfor %}", TEMPLATE_TEXT, EXCEPTION_RESOURCE, 19);
    static const char *many[260];
    for (size_t i = 0; i < sizeof many / sizeof *many; i++)
        many[i] = "x";
    expression_scope scope = {.names = many, .count = 255};
    static const char source[] = "{% for y in [] %}{% endfor %}";
    cr_expect_null(template_compile(&memory, source, sizeof source - 1, TEMPLATE_TEXT, &scope, &failure));
    cr_expect_eq(failure.type, EXCEPTION_RESOURCE);
    scope.count = 254;
    cr_expect_not_null(template_compile(&memory, source, sizeof source - 1, TEMPLATE_TEXT, &scope, &failure));
    scope.count = 257;
    cr_expect_null(template_compile(&memory, "", 0, TEMPLATE_TEXT, &scope, &failure));
}

Test(expression_template, loop_knows_where_it_is)
{
    cr_expect_str_eq(text("{% for x in payload.tags %}{{ loop.index }}/{{ loop.length }}{{ loop.index0 }}"
                          "{{ loop.first }}{{ loop.last }} {% endfor %}"),
                     "1/30TrueFalse 2/31FalseFalse 3/32FalseTrue ");
    cr_expect_str_eq(text("{% for x in '\xC3\xA9t' %}{{ loop.length }}{% endfor %}"), "22");
    cr_expect_str_eq(text("{% for x in [1, 2] %}{% for y in [3, 4] %}{{ loop.index }}{% endfor %}"
                          "{{ loop.index }};{% endfor %}"),
                     "121;122;");
}

Test(expression_template, variables_of_a_loop_hide_and_end)
{
    cr_expect_str_eq(text("{% for payload in [1] %}{{ payload }}{% endfor %}{{ payload.name }}"), "1Ada");
    cr_expect_str_eq(text("{% for x in [1, 2] %}{% for x in 'ab' %}{{ x }}{% endfor %}{{ x }}{% endfor %}"),
                     "ab1ab2");
    cr_expect_str_eq(text("{% for x in [1] %}{% for x in [x, x] %}{{ x }}{% endfor %}{% endfor %}"), "11");
    expect_failure("{% for x in [1] %}{% endfor %}{{ x }}", TEMPLATE_TEXT, EXCEPTION_NAME, 33);
    expect_failure("{% for x in [1] %}{% else %}{{ x }}{% endfor %}", TEMPLATE_TEXT, EXCEPTION_NAME, 31);
    expect_failure("{% for x in x %}{% endfor %}", TEMPLATE_TEXT, EXCEPTION_NAME, 12);
    expect_failure("{{ loop.index }}", TEMPLATE_TEXT, EXCEPTION_NAME, 3);
}

Test(expression_template, whitespace_goes_where_a_minus_says_so)
{
    cr_expect_str_eq(text("a \n{{- 1 -}}\t\r\n b"), "a1b");
    cr_expect_str_eq(text("a {%- if 1 -%} b {%- endif -%} c"), "abc");
    cr_expect_str_eq(text("a {#- x -#} b"), "ab");
    cr_expect_str_eq(text("a {# x -#} b"), "a b");
    cr_expect_str_eq(text("a {{ 1 }} \n"), "a 1 \n");
    cr_expect_str_eq(text("{{ 1 -}} {# c #} x"), "1 x");
    cr_expect_str_eq(text("{{ 1 -}}  {{ 2 }}"), "12");
    cr_expect_str_eq(text("{{-1}}{{ -1 }}"), "1-1");
    cr_expect_str_eq(text("{{ 1 -}} \n "), "1");
}

Test(expression_template, comments_vanish)
{
    cr_expect_str_eq(text("a{# {{ x }} {% if %} #}b{##}c{#-#}"), "abc");
    cr_expect_str_eq(text("{# '#}'"), "'");
}

Test(expression_template, html_escapes_values_once)
{
    cr_expect_str_eq(html("<i>{{ payload.html }}</i>"), "<i>&lt;b&gt;&amp;&#39;&#34;</i>");
    cr_expect_str_eq(html("{{ payload.html | e }}"), "&lt;b&gt;&amp;&#39;&#34;");
    cr_expect_str_eq(html("{{ payload.html | safe }}"), "<b>&'\"");
    cr_expect_str_eq(html("{{ '<' | e | upper }}"), "&LT;");
    cr_expect_str_eq(html("{{ '<' | safe | e }}"), "<");
    cr_expect_str_eq(html("{{ ('<' | safe if payload.yes else '>') }}"), "<");
    cr_expect_str_eq(html("{{ payload.tags }}"), "[&#39;a&#39;, &#39;b&#39;, &#39;c&#39;]");
    cr_expect_str_eq(html("{{ payload.x | default('<') }}{{ payload.x | default('<' | safe) }}"), "&lt;<");
    cr_expect_str_eq(html("{% for x in ['<'] %}{{ x }}{% endfor %}"), "&lt;");
    cr_expect_str_eq(text("{{ payload.html }}"), "<b>&'\"");
}

Test(expression_template, what_is_made_of_safe_text_is_not_safe)
{
    cr_expect_str_eq(html("{{ ('<' | safe) + '<' }}"), "&lt;&lt;");
    cr_expect_str_eq(html("{{ '%s<' % ('<' | safe) }}"), "&lt;&lt;");
    cr_expect_str_eq(html("{{ ('a' | safe).replace('a', '<') }}"), "&lt;");
    cr_expect_str_eq(html("{{ ['<' | safe] | join }}"), "&lt;");
    cr_expect_str_eq(html("{{ ('<' | safe).join(['<', '<']) }}"), "&lt;&lt;&lt;");
    cr_expect_str_eq(html("{{ ('a' | safe).center(3, '<') }}"), "&lt;a&lt;");
    cr_expect_str_eq(html("{{ ('a' | safe) * 2 + '<' }}"), "aa&lt;");
}

Test(expression_template, a_line_refuses_line_breaks)
{
    cr_expect_str_eq(line("Hi {{ payload.name }} <"), "Hi Ada <");
    expect_failure("Hi {{ payload['break'] }}", TEMPLATE_LINE, EXCEPTION_VALUE, 6);
    expect_failure("Hi {{ payload.nul }}", TEMPLATE_LINE, EXCEPTION_VALUE, 6);
    expect_failure("Hi {{ ['\\r'][0] }}", TEMPLATE_LINE, EXCEPTION_VALUE, 6);
    expect_failure("Hi\n", TEMPLATE_LINE, EXCEPTION_SYNTAX, 2);
    expect_failure("a\r", TEMPLATE_LINE, EXCEPTION_SYNTAX, 1);
    cr_expect_null(compile("a\0", 2, TEMPLATE_LINE));
    cr_expect_str_eq(line("{% if 1 -%}\n a\n{%- endif %}"), "a");
}

/* The line's payload is a member `x` of `size` letters, and its byte at `place` is `byte`. */
static const char *line_with(size_t size, size_t place, char byte)
{
    char letters[40];
    memset(letters, 'x', sizeof letters);
    letters[place] = byte;
    value_member member = {.key = value_cstring("x"), .value = value_string(letters, size)};
    values[0] = (value){.kind = VALUE_MAP, .count = 1, .members = &member};
    return line("{{ payload.x }}");
}

Test(expression_template, a_line_break_is_found_wherever_it_is)
{
    for (size_t size = 1; size < 40; size++) {
        for (size_t place = 0; place < size; place++) {
            cr_expect_str_eq(line_with(size, place, '\n'), "ValueError", "%zu of %zu", place, size);
            cr_expect_str_eq(line_with(size, place, '\r'), "ValueError", "%zu of %zu", place, size);
            cr_expect_str_eq(line_with(size, place, '\0'), "ValueError", "%zu of %zu", place, size);
            cr_expect_eq(strlen(line_with(size, place, '\t')), size, "%zu of %zu", place, size);
        }
    }
}

/* A member alone is printed without the machine, one in brackets with an operator is not. */
Test(expression_template, a_member_alone_is_what_the_machine_says)
{
    static const char *const members[] = {"name",  "html",  "none", "zero", "price", "yes",     "tags",
                                          "empty", "break", "when", "big",  "map",   "missing", "keys"};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        for (template_kind kind = TEMPLATE_TEXT; kind <= TEMPLATE_URL; kind++) {
            char alone[64], by_machine[64];
            snprintf(alone, sizeof alone, "{{ payload.%s }}", members[i]);
            snprintf(by_machine, sizeof by_machine, "{{ (payload if 1 else 0).%s }}", members[i]);
            cr_expect_str_eq(rendered(alone, kind), rendered(by_machine, kind), "%s of kind %d", members[i],
                             (int)kind);
        }
    }
    expect_failure("{{ recipient.name }}", TEMPLATE_TEXT, EXCEPTION_ATTRIBUTE, 13);
    cr_expect_str_eq(text("{% for x in [{'a': range(3)}] %}{{ x.a }}{% endfor %}"), "[0, 1, 2]");
}

Test(expression_template, values_of_a_url_are_percent_encoded)
{
    cr_expect_str_eq(url("/a b?x={{ 'a b&c=d/../#\xC3\xA4?%41' }}"),
                     "/a b?x=a%20b%26c%3Dd%2F..%2F%23%C3%A4%3F%2541");
    cr_expect_str_eq(url("{{ 'aZ09-._~' }}{{ 1 }}{{ True }}"), "aZ09-._~1True");
    cr_expect_str_eq(url("{{ 1e20 }}"), "1e%2B20");
    cr_expect_str_eq(url("{{ '/' | safe }}{{ ['/'] }}"), "%2F%5B%27%2F%27%5D");
}

Test(expression_template, syntax_errors_have_their_position)
{
    static const struct {
        const char *source;
        size_t position;
    } bad[] = {
        {"a{{", 1},
        {"a{{ 'x }}", 1},
        {"a{{ (1 }}", 1},
        {"a{% if 1", 1},
        {"a{# ", 1},
        {"{{ }}", 3},
        {"{{ ) }}", 3},
        {"{{ 1 + }}", 6},
        {"{% %}", 3},
        {"{% set x = 1 %}", 3},
        {"{% iff 1 %}", 3},
        {"{% if %}{% endif %}", 5},
        {"{% if 1 %}", 3},
        {"{% for x in [1] %}", 3},
        {"{% else %}", 3},
        {"{% elif 1 %}", 3},
        {"{% endif %}", 3},
        {"{% endfor %}", 3},
        {"{% if 1 %}{% endfor %}", 13},
        {"{% for x in [1] %}{% endif %}", 21},
        {"{% for x in [1] %}{% elif 1 %}{% endfor %}", 21},
        {"{% if 1 %}{% else %}{% else %}{% endif %}", 23},
        {"{% if 1 %}{% else %}{% elif 1 %}{% endif %}", 23},
        {"{% for x in [1] %}{% else %}{% else %}{% endfor %}", 31},
        {"{% if 1 %}{% else 1 %}{% endif %}", 18},
        {"{% if 1 %}{% endif 1 %}", 19},
        {"{% for %}{% endfor %}", 6},
        {"{% for x %}{% endfor %}", 8},
        {"{% for x, in [1] %}{% endfor %}", 13},
        {"{% for 1 in [1] %}{% endfor %}", 7},
        {"{% for loop in [1] %}{% endfor %}", 7},
        {"{% for x in %}{% endfor %}", 11},
        {"\xFF", 0},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_failure(bad[i].source, TEMPLATE_TEXT, EXCEPTION_SYNTAX, bad[i].position);
}

Test(expression_template, messages_never_show_values)
{
    static const char *const sources[] = {"{{ payload.name.x }}", "{{ payload.name | money('EUR') }}",
                                          "{{ 1 | money(payload.name + payload.name) }}",
                                          "{{ payload.name | date('%Y') }}",
                                          "{{ payload.when | date(payload.name + '%') }}"};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        failure.type = EXCEPTION_NONE;
        text(sources[i]);
        cr_expect_neq(failure.type, EXCEPTION_NONE, "%s", sources[i]);
        cr_expect_null(strstr(failure.message, "Ada"), "%s", failure.message);
    }
}

Test(expression_template, only_plain_text_is_constant)
{
    cr_expect(template_is_constant(compile("", 0, TEMPLATE_TEXT)));
    cr_expect(template_is_constant(compile("abc", 3, TEMPLATE_TEXT)));
    cr_expect(template_is_constant(compile("a{# b #}c", 9, TEMPLATE_TEXT)));
    cr_expect_not(template_is_constant(compile("{{ 'a' }}", 9, TEMPLATE_TEXT)));
    cr_expect_not(template_is_constant(compile("{% if 1 %}a{% endif %}", 22, TEMPLATE_TEXT)));
}

Test(expression_template, texts_are_not_joined_across_branches)
{
    cr_expect_str_eq(text("{% if 0 %}a{% endif %}b"), "b");
    cr_expect_str_eq(text("{% if 1 %}a{% else %}b{% endif %}c"), "ac");
    cr_expect_str_eq(text("{% for x in [1, 2] %}{# #}a{% endfor %}b{# #}c"), "aabc");
}

Test(expression_template, nesting_is_bounded)
{
    char source[2 * 22 * (LIMIT_TEMPLATE_DEPTH + 1)] = "";
    for (int i = 0; i < LIMIT_TEMPLATE_DEPTH; i++)
        strcat(source, "{% for x in [1] %}");
    strcat(source, "x");
    for (int i = 0; i < LIMIT_TEMPLATE_DEPTH; i++)
        strcat(source, "{% endfor %}");
    cr_expect_str_eq(text(source), "x");
    memmove(source + 10, source, strlen(source) + 1);
    memcpy(source, "{% if 1 %}", 10);
    cr_expect_str_eq(text(source), "ResourceError");
}

Test(expression_template, the_source_is_bounded)
{
    char *source = malloc(LIMIT_TEMPLATE_BYTES + 1);
    memset(source, 'a', LIMIT_TEMPLATE_BYTES + 1);
    cr_expect_not_null(compile(source, LIMIT_TEMPLATE_BYTES, TEMPLATE_TEXT));
    cr_expect_null(compile(source, LIMIT_TEMPLATE_BYTES + 1, TEMPLATE_TEXT));
    cr_expect_eq(failure.type, EXCEPTION_RESOURCE);
    free(source);
}

Test(expression_template, the_rendered_text_is_bounded)
{
    cr_expect_eq(strlen(text("{% for x in range(1024) %}{{ 'x' * 1024 }}{% endfor %}")),
                 LIMIT_RENDERED_BYTES);
    cr_expect_str_eq(text("{% for x in range(1024) %}{{ 'x' * 1024 }}{% endfor %}a"), "ResourceError");
}

Test(expression_template, one_budget_serves_the_whole_render)
{
    cr_expect_str_eq(text("{% for x in range(2000) %}{% if x == sum(range(1000)) %}{% endif %}{% endfor %}"),
                     "ResourceError");
    cr_expect_str_eq(text("{% for x in range(10000) %}{% for y in range(10000) %}{% endfor %}{% endfor %}"),
                     "ResourceError");
    cr_expect_str_eq(text("{% for x in range(1000) %}{% if 'x' * 100000 %}{% endif %}{% endfor %}"),
                     "ResourceError");
    cr_expect_not_null(strstr(failure.message, "budget of memory"));
}

Test(expression_template, rendering_appends)
{
    buffer out;
    const template *t = compile("b", 1, TEMPLATE_TEXT);
    buffer_init(&out, &memory, 4 << 20);
    buffer_add_text(&out, "a");
    cr_expect(template_render(t, values, &memory, &out, &failure));
    cr_expect_eq(out.size, 2);
    cr_expect_eq(out.limit, 4 << 20);
    cr_expect_arr_eq(out.bytes, "ab", 2);
}

Test(expression_template, every_prefix_is_compiled_or_refused)
{
    static const char source[] =
        "a {%- if payload.yes -%} {{ payload.name | default('x') }} {# c #}{% else %}b"
        "{% endif %}{% for k, v in payload.map.items() %}{{ k }}{% endfor %}";
    for (size_t size = 0; size < sizeof source - 1; size++) {
        char *exact = malloc(size + 1); /* its own block, so that a read past the end is seen */
        char *shrunk = realloc(exact, size > 0 ? size : 1);
        memcpy(shrunk, source, size);
        const template *t = compile(shrunk, size, TEMPLATE_TEXT);
        cr_expect(t != NULL || failure.position <= size);
        free(shrunk);
    }
}
