#include <criterion/criterion.h>

#include "worker/channel/http/http_target.h"

static const char *const hosts[] = {"api.example.com", "*.push.example", "127.0.0.1", "::1"};
static const config_list patterns = {hosts, 4};
static const config_list any = {NULL, 0};

static bool allows(const char *url, const config_list *allowed, error *e)
{
    arena memory;
    arena_init(&memory, 1024, 1 << 20);
    bool allowed_there = http_target_check(&memory, url, allowed, e);
    arena_free(&memory);
    return allowed_there;
}

static void expect_refused(const char *url, const config_list *allowed, const char *sentence)
{
    error e;
    cr_assert_not(allows(url, allowed, &e), "%s", url);
    cr_expect_not_null(strstr(e.message, sentence), "%s: %s", url, e.message);
}

Test(http_target, is_one_of_the_allowed_hosts)
{
    error e;
    cr_expect(allows("https://API.example.com/x", &patterns, &e));
    cr_expect(allows("https://user:pass@api.example.com:8443?x", &patterns, &e));
    cr_expect(allows("http://a.push.example", &patterns, &e));
    cr_expect(allows("http://a.b.PUSH.example/", &patterns, &e));
    cr_expect(allows("http://127.0.0.1:80/", &patterns, &e));
    cr_expect(allows("http://[::1]:80/", &patterns, &e));
    expect_refused("https://push.example/", &patterns, "allowed.hosts");
    expect_refused("https://.push.example/", &patterns, "allowed.hosts");
    expect_refused("https://apush.example/", &patterns, "allowed.hosts");
    expect_refused("https://api.example.com.evil.example/", &patterns, "allowed.hosts");
    expect_refused("https://evil.example/api.example.com", &patterns, "allowed.hosts");
    expect_refused("https://api.example.com@evil.example/", &patterns, "allowed.hosts");
    expect_refused("https://evil.example?@api.example.com/", &patterns, "allowed.hosts");
}

Test(http_target, has_one_of_two_schemes_and_no_hidden_way)
{
    error e;
    cr_expect(allows("http://h/a.b/..c/...?../", &any, &e));
    expect_refused("file:///etc/passwd", &any, "must begin with");
    expect_refused("gopher://h/", &any, "must begin with");
    expect_refused("http://h/a b", &any, "percent-encoded");
    expect_refused("http://h/../x", &any, "part of its path");
    expect_refused("http://h/a/..", &any, "part of its path");
    expect_refused("http://h/a/./b", &any, "part of its path");
    expect_refused("http://h/a/%2E%2e/b", &any, "part of its path");
    expect_refused("http://h/.?x", &any, "part of its path");
}

Test(http_target, is_constant_up_to_its_path)
{
    cr_expect(http_target_is_constant("https://h/{{ x }}"));
    cr_expect(http_target_is_constant("https://h?{{ x }}"));
    cr_expect_not(http_target_is_constant("https://{{ x }}/"));
    cr_expect_not(http_target_is_constant("https://h.{% if x %}a{% endif %}/"));
    cr_expect_not(http_target_is_constant("https://h{# x #}/"));
    cr_expect_not(http_target_is_constant("https://h{{ x }}"));
    cr_expect_not(http_target_is_constant("{{ x }}"));
}
