/* SPDX-License-Identifier: Apache-2.0 */
#include "csv.h"

#include "pipeline/base/plain.h"
#include "pipeline/base/unicode.h"
#include "pipeline/base/utf8.h"

static void add_char(struct sl_buf *to, uint32_t c)
{
	if (c == '\n' || c == '\r' || c == 0x2028 || c == 0x2029 || c == 0x85)
		sl_buf_char(to, ' ');
	else if ((c < 0x20 && c != '\t') || (c >= 0x7f && c < 0xa0) ||
		 sl_unicode_is_bidi_control(c))
		sl_buf_utf8(to, 0xfffd);
	else
		sl_buf_utf8(to, c);
	if (c == '"')
		sl_buf_char(to, '"');
}

/* One line, quotes doubled. A CR LF pair is one space. */
static void add_text(struct sl_buf *to, struct sl_span text)
{
	size_t at = 0;
	while (at < text.n) {
		size_t run = sl_plain_end(text, at, '"', '"', '"');
		sl_buf_add(to, sl_span_of(text.p + at, run - at));
		if (run == text.n)
			return;
		uint32_t c;
		size_t n = sl_utf8_decode(sl_span_from(text, run), &c);
		bool pair = c == '\r' && n && run + 1 < text.n && text.p[run + 1] == '\n';
		if (!pair)
			add_char(to, n ? c : 0xfffd);
		at = run + (n ? n : 1);
	}
}

void sl_csv_comment(struct sl_csv *csv, struct sl_span text)
{
	sl_assert(!csv->begun);
	sl_buf_str(csv->to, text.n ? "# " : "#");
	sl_buf_escaped(csv->to, text, text.n);
	sl_buf_char(csv->to, '\n');
}

static void begin_field(struct sl_csv *csv)
{
	if (csv->begun)
		sl_buf_char(csv->to, ',');
	sl_buf_char(csv->to, '"');
	csv->begun = true;
}

void sl_csv_field(struct sl_csv *csv, struct sl_span text)
{
	begin_field(csv);
	add_text(csv->to, text);
	sl_buf_char(csv->to, '"');
}

/* The full-width forms count too: a Japanese spreadsheet takes them for the others. */
static bool looks_like_formula(struct sl_span text)
{
	uint32_t c;
	if (text.n == 0 || sl_is_alnum(text.p[0]) || !sl_utf8_decode(text, &c))
		return false;
	return c == '=' || c == '+' || c == '-' || c == '@' || c == '\t' || c == '\r' ||
	       c == '\n' || c == 0xff1d || c == 0xff0b || c == 0xff0d || c == 0xff20;
}

void sl_csv_free_text(struct sl_csv *csv, struct sl_span text)
{
	begin_field(csv);
	if (looks_like_formula(text))
		sl_buf_char(csv->to, '\'');
	add_text(csv->to, text);
	sl_buf_char(csv->to, '"');
}

void sl_csv_number(struct sl_csv *csv, uint64_t number)
{
	begin_field(csv);
	sl_buf_u64(csv->to, number);
	sl_buf_char(csv->to, '"');
}

void sl_csv_list(struct sl_csv *csv, const struct sl_span *items, size_t n, size_t most)
{
	begin_field(csv);
	/* the first value may be an address, and so begin with anything */
	if (n && items[0].n <= most && looks_like_formula(items[0]))
		sl_buf_char(csv->to, '\'');
	for (size_t i = 0, sum = 0; i < n; i++) {
		sum += (i > 0) + items[i].n;
		if (sum > most)
			break;
		if (i)
			sl_buf_char(csv->to, ' ');
		add_text(csv->to, items[i]);
	}
	sl_buf_char(csv->to, '"');
}

void sl_csv_end(struct sl_csv *csv)
{
	sl_buf_char(csv->to, '\n');
	csv->begun = false;
}
