/* SPDX-License-Identifier: Apache-2.0 */
/* whatwg.h - URLs of the schemes that a browser opens, parsed and written as a browser does.
 *
 * WHATWG URL Standard (url.spec.whatwg.org) for its special schemes http, https and ftp. Where RFC
 * 3986 differs the browser wins. A host that the standard refuses is refused; so is one that no
 * name server can be asked for (empty labels, labels above 63 bytes, names above 253). Results live
 * in the arena. O(length), no recursion.
 */
#ifndef SL_WHATWG_H
#define SL_WHATWG_H

#include "pipeline/base/arena.h"
#include "pipeline/record.h"

struct sl_url {
	struct sl_span text;     /* serialised */
	struct sl_span scheme;   /* these four lie in `text` */
	struct sl_span path;     /* from its first slash */
	struct sl_span query;    /* without '?' */
	struct sl_span fragment; /* without '#' */
	struct sl_span host; /* A-label without root dot, dotted IPv4 or RFC 5952; no brackets */
	struct sl_ip ip;     /* family 0: a name; a mapped IPv6 address is IPv4 */
	uint32_t flags;      /* bits of enum sl_ind_flag: how it was written */
};

/* The scheme in front of the colon, lower case, tabs and line ends taken out; empty: there is none.
 * `rest_r` is what stands behind the colon, as written. */
struct sl_span sl_url_scheme(struct sl_arena *arena, struct sl_span input, struct sl_span *rest_r);

/* False when a browser would not open it, or the scheme is another one. `base` may be NULL; without
 * one
 * "//host/x" is read as http and gets the flag SCHEMELESS. */
bool sl_url_parse(struct sl_arena *arena, struct sl_span input, const struct sl_url *base,
	struct sl_url *url_r);

/* Bytes behind %XX; what is no escape stays. */
struct sl_span sl_url_decode(struct sl_arena *arena, struct sl_span s);

#endif
