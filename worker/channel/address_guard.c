#include "worker/channel/address_guard.h"

#include <netinet/in.h>
#include <string.h>

static bool is_link_local4(uint32_t address)
{
    return address >> 24 == 0 || address >> 16 == (169 << 8 | 254);
}

static uint32_t last_four(const uint8_t *bytes)
{
    return (uint32_t)bytes[12] << 24 | (uint32_t)bytes[13] << 16 | (uint32_t)bytes[14] << 8 | bytes[15];
}

/* ::/96 holds :: and the IPv4-compatible addresses, ::ffff:0:0/96 the mapped ones, 64:ff9b::/96 those that a
 * gateway translates; ::1 is no link's. */
static bool is_link_local6(const uint8_t *bytes)
{
    static const uint8_t zeroes[12] = {0};
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    static const uint8_t translated[12] = {0, 0x64, 0xFF, 0x9B};
    static const uint8_t metadata[16] = {0xFD, 0, 0x0E, 0xC2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54};
    if (memcmp(bytes, zeroes, sizeof zeroes) == 0)
        return last_four(bytes) != 1 && is_link_local4(last_four(bytes));
    if (memcmp(bytes, mapped, sizeof mapped) == 0 || memcmp(bytes, translated, sizeof translated) == 0)
        return is_link_local4(last_four(bytes));
    return (bytes[0] == 0xFE && (bytes[1] & 0xC0) == 0x80) || memcmp(bytes, metadata, sizeof metadata) == 0;
}

bool address_is_link_local(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        return is_link_local4(ntohl(in.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in;
        memcpy(&in, address, sizeof in);
        return is_link_local6(in.sin6_addr.s6_addr);
    }
    return false;
}

static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    address_guard *g = user;
    (void)purpose;
    if (!g->allow_link_local && address_is_link_local(&address->addr)) {
        g->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype, address->protocol);
}

bool address_guard_set(CURL *transfer, address_guard *g)
{
    return curl_easy_setopt(transfer, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK &&
           curl_easy_setopt(transfer, CURLOPT_OPENSOCKETDATA, g) == CURLE_OK;
}
