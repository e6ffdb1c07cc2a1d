/* address_guard: keeps outgoing connections away from addresses of the machine's own link: 169.254.0.0/16 and
 * fe80::/10, where clouds serve their instances' credentials, fd00:ec2::254 (the same over IPv6), the
 * unspecified addresses, and all of these as IPv4 inside IPv6. The address is what the name was resolved to,
 * so a name that changes its mind is caught as well. Behind a proxy the proxy's address is what is seen. */
#ifndef WORKER_CHANNEL_ADDRESS_GUARD_H
#define WORKER_CHANNEL_ADDRESS_GUARD_H

#include <curl/curl.h>
#include <stdbool.h>
#include <sys/socket.h>

/* One a transfer; must outlive it. */
typedef struct address_guard {
    bool allow_link_local;
    bool refused; /* an address was refused since this was last cleared */
} address_guard;

/* True for the addresses above. */
bool address_is_link_local(const struct sockaddr *address);

/* Makes the transfer ask the guard before each connection. Where none is left the transfer ends with
 * CURLE_COULDNT_CONNECT, and `refused` says why. */
bool address_guard_set(CURL *transfer, address_guard *g);

#endif
