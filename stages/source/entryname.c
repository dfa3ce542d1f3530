/* SPDX-License-Identifier: Apache-2.0 */
#include "entryname.h"

#include "pipeline/base/hash.h"
#include "pipeline/base/utf8.h"

void sl_entryname_add(struct sl_buf *path, struct sl_span name)
{
	struct sl_span rest = sl_span_head(name, SL_ENTRYNAME_MAX);
	size_t from = path->n;
	while (rest.n) {
		size_t good = sl_utf8_valid_prefix(rest);
		sl_buf_add(path, sl_span_head(rest, good));
		rest = sl_span_from(rest, good);
		if (rest.n == 0)
			break;
		sl_buf_printf(path, "\\x%02x", (unsigned)(unsigned char)rest.p[0]);
		rest = sl_span_from(rest, 1);
	}
	if (name.n > SL_ENTRYNAME_MAX)
		sl_buf_printf(path, "~%016llx", (unsigned long long)sl_hash64(name, 0));
	sl_assert(path->overflow || path->n >= from);
}

int64_t sl_entryname_time(struct sl_span path)
{
	size_t from = path.n;
	while (from && path.p[from - 1] != '/')
		from--;
	struct sl_span name = sl_span_from(path, from), seconds;
	uint64_t value;
	/* seconds since the epoch have 10 digits from 2001 to 2286; two dots make it a Maildir name
	 */
	if (!sl_span_split(&name, '.', &seconds) || seconds.n != 10 ||
		!sl_span_u64(seconds, &value) || sl_span_chr(name, '.', 1) < 0)
		return SL_TIME_NONE;
	return (int64_t)value;
}
