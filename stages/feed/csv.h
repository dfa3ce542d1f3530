/* SPDX-License-Identifier: Apache-2.0 */
/* csv.h - comma-separated rows for people's spreadsheets and for scripts (RFC 4180).
 *
 * Every field is quoted. A row is one line: line breaks inside a field become spaces, other control
 * characters, bidi controls and bytes that are no UTF-8 become U+FFFD (the JSON lines keep the text
 * whole). Comments stand at the top only. Free text that a spreadsheet would read as a formula gets
 * an apostrophe.
 */
#ifndef SL_CSV_H
#define SL_CSV_H

#include "pipeline/base/buf.h"

struct sl_csv {
	struct sl_buf *to;
	bool begun; /* a field of this row was written */
};

static inline struct sl_csv sl_csv_make(struct sl_buf *to)
{
	return (struct sl_csv){ to, false };
}

/* "# text" on a line of its own. */
void sl_csv_comment(struct sl_csv *csv, struct sl_span text);
void sl_csv_field(struct sl_csv *csv, struct sl_span text);
/* The same for what is known to be plain: printable ASCII without a quote. */
static inline void sl_csv_plain(struct sl_csv *csv, struct sl_span text)
{
	char *to = sl_buf_reserve(csv->to, text.n + 3);
	if (!to)
		return;
	*to = ',';
	to += csv->begun;
	*to++ = '"';
	if (text.n)
		memcpy(to, text.p, text.n);
	to[text.n] = '"';
	sl_buf_filled(csv->to, text.n + 2 + csv->begun);
	csv->begun = true;
}
/* Text that a stranger wrote: subject, name, file name, the local part of an address. */
void sl_csv_free_text(struct sl_csv *csv, struct sl_span text);
void sl_csv_number(struct sl_csv *csv, uint64_t number);
/* Such texts, joined by a space: whole ones only, as many as `most` bytes hold. */
void sl_csv_list(struct sl_csv *csv, const struct sl_span *items, size_t n, size_t most);
void sl_csv_end(struct sl_csv *csv);

#endif
