/* SPDX-License-Identifier: Apache-2.0 */
#include "listline.h"

#include "base/plain.h"
#include "policy.h"

enum { LABEL_MAX = 63, HOST_MAX = 253, LABELS_LEAST = 2 };

static bool is_label(struct sl_span label)
{
	if (label.n == 0 || label.n > LABEL_MAX || label.p[0] == '-' || label.p[label.n - 1] == '-')
		return false;
	for (size_t i = 0; i < label.n; i++) {
		char c = label.p[i];
		if (!sl_is_alnum(c) && c != '-' && c != '_')
			return false;
	}
	return true;
}

/* The last label must not look like a number, or the name is an address to some. */
static bool is_name(struct sl_span name)
{
	struct sl_span label = SL_SPAN_NULL, rest = name;
	size_t n = 0;
	if (name.n == 0 || name.n > HOST_MAX || name.p[name.n - 1] == '.')
		return false;
	while (sl_span_split(&rest, '.', &label)) {
		if (!is_label(label))
			return false;
		n++;
	}
	return n >= LABELS_LEAST && !sl_is_digit(label.p[0]);
}

static bool is_address(struct sl_span text, unsigned family)
{
	struct sl_ip ip;
	char canonical[46];
	return sl_ip_parse(text, &ip) && ip.family == family &&
	       sl_span_eq(text, sl_span_of(canonical, sl_ip_text(&ip, canonical)));
}

static bool is_port(struct sl_span text)
{
	uint64_t port;
	return text.n > 1 && text.p[0] == ':' && sl_span_u64(sl_span_from(text, 1), &port) &&
	       port <= UINT16_MAX;
}

/* What stands between "//" and the path, as the URL's serialiser writes it. */
static bool is_authority(struct sl_span text)
{
	for (ssize_t at; (at = sl_span_chr(text, '@', 0)) >= 0;)
		text = sl_span_from(text, (size_t)at + 1);
	ssize_t end = sl_span_chr(text, ']', 0);
	if (text.n && text.p[0] == '[' && end > 0) {
		struct sl_span port = sl_span_from(text, (size_t)end + 1);
		struct sl_span address = sl_span_of(text.p + 1, (size_t)end - 1);
		return is_address(address, 6) && (port.n == 0 || is_port(port));
	}
	ssize_t colon = sl_span_chr(text, ':', 0);
	struct sl_span host = colon < 0 ? text : sl_span_head(text, (size_t)colon);
	return (colon < 0 || is_port(sl_span_from(text, (size_t)colon))) &&
	       (is_name(host) || is_address(host, 4));
}

static bool is_url(struct sl_span url)
{
	static const char *const schemes[] = { "http://", "https://", "ftp://" };
	struct sl_span rest = SL_SPAN_NULL;
	for (size_t i = 0; i < SL_LEN(schemes); i++)
		if (sl_span_starts(url, sl_span_str(schemes[i])))
			rest = sl_span_from(url, strlen(schemes[i]));
	if (sl_plain_end(url, 0, ' ', ' ', ' ') < url.n)
		return false;
	size_t n = 0;
	while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?' && rest.p[n] != '#' &&
		rest.p[n] != '\\')
		n++;
	return is_authority(sl_span_head(rest, n));
}

static void add_url(struct sl_span url, struct sl_buf *to)
{
	for (size_t at = 0, run; at < url.n; at = run + 1) {
		run = sl_plain_end(url, at, '*', '^', '|');
		sl_buf_add(to, sl_span_of(url.p + at, run - at));
		if (run == url.n)
			return;
		sl_assert(url.p[run] == '*' || url.p[run] == '^' || url.p[run] == '|');
		sl_buf_printf(to, "%%%02X", (unsigned)(unsigned char)url.p[run]);
	}
}

bool sl_list_takes(enum sl_kind kind, struct sl_span value)
{
	switch ((int)kind) {
	case SL_KIND_DOMAIN:
	case SL_KIND_HOST:
		return is_name(value);
	case SL_KIND_IPV4:
		return is_address(value, 4);
	case SL_KIND_IPV6:
		return is_address(value, 6);
	case SL_KIND_URL:
		return value.n < SL_LIST_LINE_MAX / 3 - 1 && is_url(value);
	default:
		return true;
	}
}

bool sl_list_line(enum sl_kind kind, struct sl_span value, struct sl_buf *to)
{
	if (kind > SL_KIND_IPV6 || !sl_list_takes(kind, value))
		return false;
	add_url(value, to);
	sl_buf_char(to, '\n');
	return true;
}
