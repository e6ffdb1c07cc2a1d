#include <criterion/criterion.h>
#include <string.h>

#include "worker/config/redis_url.h"

static arena memory;

static void begin(void)
{
    arena_init(&memory, 256, 1 << 16);
}

static void end(void)
{
    arena_free(&memory);
}

TestSuite(worker_redis_url, .init = begin, .fini = end);

static redis_url parse(const char *text)
{
    redis_url url;
    error e = {0};
    cr_assert(redis_url_parse(&memory, text, &url, &e), "%s: %s", text, e.message);
    return url;
}

static void expect_refused(const char *text, const char *part)
{
    redis_url url;
    error e = {0};
    cr_expect_not(redis_url_parse(&memory, text, &url, &e), "%s was taken", text);
    cr_expect_eq(e.code, ERROR_CONFIG);
    cr_expect_not_null(strstr(e.message, part), "%s: %s", text, e.message);
    cr_expect_null(strstr(e.message, "secret"));
}

Test(worker_redis_url, takes_host_port_and_database)
{
    redis_url url = parse("redis://127.0.0.1:7000/3");
    cr_expect_str_eq(url.host, "127.0.0.1");
    cr_expect_eq(url.port, 7000);
    cr_expect_eq(url.database, 3);
    cr_expect_null(url.path);
    cr_expect_null(url.password);
    cr_expect_str_eq(url.shown, "redis://127.0.0.1:7000/3");
}

Test(worker_redis_url, has_defaults)
{
    redis_url url = parse("redis://cache.example/");
    cr_expect_str_eq(url.host, "cache.example");
    cr_expect_eq(url.port, 6379);
    cr_expect_eq(url.database, 0);
    cr_expect_eq(parse("redis://h").port, 6379);
}

Test(worker_redis_url, takes_an_ipv6_address)
{
    redis_url url = parse("redis://[::1]:6380/1");
    cr_expect_str_eq(url.host, "::1");
    cr_expect_eq(url.port, 6380);
    cr_expect_eq(url.database, 1);
}

Test(worker_redis_url, decodes_user_and_password_and_hides_the_password)
{
    redis_url url = parse("redis://al%20ice:s%40cr%2Fet:@x@host:1/2");
    cr_expect_str_eq(url.user, "al ice");
    cr_expect_str_eq(url.password, "s@cr/et:@x");
    cr_expect_str_eq(url.host, "host");
    cr_expect_str_eq(url.shown, "redis://al%20ice:***@host:1/2");
}

Test(worker_redis_url, a_password_needs_no_user)
{
    redis_url url = parse("redis://:pw@host");
    cr_expect_null(url.user);
    cr_expect_str_eq(url.password, "pw");
    cr_expect_str_eq(url.shown, "redis://:***@host");
}

Test(worker_redis_url, takes_a_unix_socket)
{
    redis_url url = parse("unix:///run/my%20redis.sock?db=7");
    cr_expect_null(url.host);
    cr_expect_str_eq(url.path, "/run/my redis.sock");
    cr_expect_eq(url.database, 7);
    url = parse("unix://u:p@/run/redis.sock");
    cr_expect_str_eq(url.path, "/run/redis.sock");
    cr_expect_str_eq(url.user, "u");
    cr_expect_str_eq(url.password, "p");
    cr_expect_str_eq(url.shown, "unix://u:***@/run/redis.sock");
}

Test(worker_redis_url, refuses_what_is_wrong_and_says_which_part)
{
    expect_refused("", "must begin with");
    expect_refused("http://host", "must begin with");
    expect_refused("rediss://host", "TLS");
    expect_refused("redis://", "host is missing");
    expect_refused("redis://:6379", "host is missing");
    expect_refused("redis://[::1", "host is missing");
    expect_refused("redis://host:", "port");
    expect_refused("redis://host:0", "port");
    expect_refused("redis://host:65536", "port");
    expect_refused("redis://host:99999999999999999999", "port");
    expect_refused("redis://host/x", "database");
    expect_refused("redis://host/70000", "database");
    expect_refused("redis://[::1]x", "only /database");
    expect_refused("redis://host?db=1", "only /database");
    expect_refused("redis://user@host", "needs a password");
    expect_refused("redis://:@host", "empty");
    expect_refused("redis://:secret%zz@host", "hexadecimal");
    expect_refused("redis://:secret%00@host", "hexadecimal");
    expect_refused("redis://:secret%4@host", "hexadecimal");
    expect_refused("redis://user:secret@host:x", "port");
    expect_refused("unix://run/redis.sock", "absolute");
    expect_refused("unix:///run/redis.sock?x=1", "?db=");
    expect_refused("unix:///run/redis.sock?db=x", "database");
}
