/* SPDX-License-Identifier: Apache-2.0 */
/* listline.h - one line of a plain list, checked by itself.
 *
 * Such lists are loaded by shells, proxies, firewalls and resolvers, each with signs of its own. So
 * a line is a name of letters, digits, hyphens and underscores (RFC 1123, RFC 5890) with at least
 * two labels, or an address in its canonical form (RFC 5952), or an http, https or ftp URL of
 * printable ASCII whose host is one of the two. Nothing that could be read as a comment, a
 * wildcard, an option or a second field: what stands for wildcards or anchors in filters (* ^ |) is
 * percent-encoded in a URL; other lines are left out.
 */
#ifndef SL_LISTLINE_H
#define SL_LISTLINE_H

#include "base/buf.h"
#include "kinds.h"

enum { SL_LIST_LINE_MAX = 64 * 1024 };

/* Is it fit for a line? Kinds that plain lists do not hold always are. */
bool sl_list_takes(enum sl_kind kind, struct sl_span value);
/* Append the line with its LF; false: it must not be in a list, and nothing was appended. */
bool sl_list_line(enum sl_kind kind, struct sl_span value, struct sl_buf *to);

#endif
