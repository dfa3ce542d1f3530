/* SPDX-License-Identifier: Apache-2.0 */
/* urlhost.h - the host part of a URL: names, IPv4 in all its spellings, IPv6.
 *
 * WHATWG URL Standard, "host parsing" and "host serializing". O(length).
 */
#ifndef SL_URLHOST_H
#define SL_URLHOST_H

#include "pipeline/base/arena.h"
#include "pipeline/record.h"

struct sl_url_host {
	struct sl_span written; /* as it stands in a serialised URL: brackets, root dot kept */
	struct sl_span name;    /* canonical: no brackets, no root dot, mapped IPv6 as IPv4 */
	struct sl_ip ip;        /* family 0: a name */
	uint32_t flags;         /* IP IP_OBFUSCATED IDN MIXED_SCRIPT MAPPED PCT_HOST */
};

/* `raw` is what stands between userinfo and port. False: refused. */
bool sl_url_host_parse(struct sl_arena *arena, struct sl_span raw, struct sl_url_host *host_r);

#endif
