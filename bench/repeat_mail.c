/* SPDX-License-Identifier: Apache-2.0 */
#include "repeat_mail.h"

#include "trap_stamp.h"

enum { BOUNDARIES = 16, SHORTEST_BOUNDARY = 8, TURNED = 16 };

/* One copy in the making. Spans point into the mail. */
struct copy {
	struct trap_dice *dice;
	struct sl_buf *out;
	const char *eol;
	struct repeat_fate fate;
	struct sl_span boundaries[BOUNDARIES]; /* the first one is turned */
	size_t n_boundaries;
	char turned[256]; /* what stands for it in this copy */
	bool headed;      /* in the header of a part */
	bool clear;       /* in a part whose links can be read as they lie */
	int tokens;       /* still to be set */
};

/* A line with its end. */
static bool next_line(struct sl_span *rest, struct sl_span *line_r)
{
	if (rest->n == 0)
		return false;
	ssize_t end = sl_span_chr(*rest, '\n', 0);
	*line_r = sl_span_head(*rest, end < 0 ? rest->n : (size_t)end + 1);
	*rest = sl_span_from(*rest, line_r->n);
	return true;
}

static bool is_blank(struct sl_span line)
{
	return sl_span_trim(line).n == 0;
}

/* A field with its folded lines. */
static bool next_field(struct sl_span *rest, struct sl_span *field_r)
{
	struct sl_span line, look = *rest;
	if (!next_line(&look, &line) || is_blank(line))
		return false;
	*field_r = line;
	while (look.n && (look.p[0] == ' ' || look.p[0] == '\t') && next_line(&look, &line))
		field_r->n += line.n;
	*rest = sl_span_from(*rest, field_r->n);
	return true;
}

static void note_boundary(struct copy *copy, struct sl_span text)
{
	ssize_t at = sl_span_ifind(text, SL_SPAN("boundary="), 0);
	if (at < 0 || copy->n_boundaries == BOUNDARIES)
		return;
	struct sl_span value = sl_span_from(text, (size_t)at + strlen("boundary="));
	size_t n = 0;
	if (value.n && value.p[0] == '"') {
		value = sl_span_from(value, 1);
		while (n < value.n && value.p[n] != '"' && value.p[n] != '\n')
			n++;
	} else {
		while (n < value.n && !sl_is_space(value.p[n]) && value.p[n] != ';')
			n++;
	}
	if (n > 0)
		copy->boundaries[copy->n_boundaries++] = sl_span_head(value, n);
}

static void note_encoding(struct copy *copy, struct sl_span line)
{
	if (!sl_span_istarts(line, SL_SPAN("Content-Transfer-Encoding:")))
		return;
	struct sl_span value =
		sl_span_trim(sl_span_from(line, strlen("Content-Transfer-Encoding:")));
	copy->clear = !sl_span_istarts(value, SL_SPAN("base64")) &&
		      !sl_span_istarts(value, SL_SPAN("quoted-printable"));
}

/* Other letters and digits at the end of the boundary; its length and punctuation stay. */
static void turn_boundary(struct copy *copy)
{
	struct sl_span old = copy->boundaries[0];
	memcpy(copy->turned, old.p, old.n);
	for (size_t i = old.n > TURNED ? old.n - TURNED : 0; i < old.n; i++) {
		if (sl_is_digit(old.p[i]))
			copy->turned[i] = (char)('0' + trap_below(copy->dice, 10));
		else if (sl_is_alpha(old.p[i]))
			copy->turned[i] = (char)('A' + trap_below(copy->dice, 26));
	}
}

static bool turns(const struct copy *copy)
{
	return copy->fate.rotated && copy->n_boundaries > 0 &&
	       copy->boundaries[0].n >= SHORTEST_BOUNDARY &&
	       copy->boundaries[0].n <= sizeof(copy->turned);
}

/* The text, with the new boundary wherever the old one stands. */
static void add_turned(struct copy *copy, struct sl_span text)
{
	ssize_t at;
	while (turns(copy) && (at = sl_span_find(text, copy->boundaries[0], 0)) >= 0) {
		sl_buf_add(copy->out, sl_span_head(text, (size_t)at));
		sl_buf_add(copy->out, sl_span_of(copy->turned, copy->boundaries[0].n));
		text = sl_span_from(text, (size_t)at + copy->boundaries[0].n);
	}
	sl_buf_add(copy->out, text);
}

static void add_address(struct copy *copy, const char *name)
{
	sl_buf_str(copy->out, name);
	trap_stamp_recipient(copy->dice, copy->out);
	sl_buf_char(copy->out, '>');
	sl_buf_str(copy->out, copy->eol);
}

static void add_received(struct copy *copy)
{
	struct sl_buf ip = sl_buf_make(64);
	trap_stamp_ip(copy->dice, &ip);
	trap_stamp_received(copy->dice, copy->out, SL_SPAN("relay.example"), sl_buf_span(&ip),
		copy->fate.time, copy->eol);
	sl_buf_free(&ip);
}

static void add_message_id(struct copy *copy)
{
	sl_buf_str(copy->out, "Message-ID: <");
	trap_letters(copy->dice, copy->out, 24, TRAP_LOWER);
	sl_buf_str(copy->out, "@relay.example>");
	sl_buf_str(copy->out, copy->eol);
}

static void add_date(struct copy *copy)
{
	sl_buf_str(copy->out, "Date: ");
	trap_stamp_date(copy->out, copy->fate.time);
	sl_buf_str(copy->out, copy->eol);
}

static void add_field(struct copy *copy, struct sl_span field)
{
	if (sl_span_istarts(field, SL_SPAN("To:")))
		add_address(copy, "To: <");
	else if (sl_span_istarts(field, SL_SPAN("Message-ID:")))
		add_message_id(copy);
	else if (sl_span_istarts(field, SL_SPAN("Date:")))
		add_date(copy);
	else if (sl_span_istarts(field, SL_SPAN("Content-Type:")))
		add_turned(copy, field);
	else
		sl_buf_add(copy->out, field);
}

/* What the body needs to know of the header. */
static void survey(struct copy *copy, struct sl_span rest)
{
	struct sl_span field;
	copy->clear = true;
	while (next_field(&rest, &field)) {
		if (sl_span_istarts(field, SL_SPAN("Content-Type:")))
			note_boundary(copy, field);
		note_encoding(copy, field);
	}
	if (turns(copy))
		turn_boundary(copy);
}

static void vary_header(struct copy *copy, struct sl_span *rest)
{
	struct sl_span field, look = *rest;
	bool received = false;
	while (!received && next_field(&look, &field))
		received = sl_span_istarts(field, SL_SPAN("Received:"));
	if (!received)
		add_received(copy);
	while (next_field(rest, &field)) {
		if (received && sl_span_istarts(field, SL_SPAN("Received:"))) {
			add_received(copy);
			received = false;
		} else {
			add_field(copy, field);
		}
	}
}

static bool is_delimiter(const struct copy *copy, struct sl_span line)
{
	if (!sl_span_starts(line, SL_SPAN("--")))
		return false;
	for (size_t i = 0; i < copy->n_boundaries; i++)
		if (sl_span_starts(sl_span_from(line, 2), copy->boundaries[i]))
			return true;
	return false;
}

static size_t url_length(struct sl_span text)
{
	size_t n = 0;
	while (n < text.n && (unsigned char)text.p[n] > ' ' && !strchr("\"'<>)(#\\", text.p[n]))
		n++;
	return n;
}

/* Identifiers that look like links stay as they are. */
static bool is_link(struct sl_span url)
{
	ssize_t host = sl_span_find(url, SL_SPAN("://"), 0);
	struct sl_span name = sl_span_from(url, host < 0 ? url.n : (size_t)host + 3);
	return name.n > 3 && !sl_span_starts(name, SL_SPAN("www.w3.org")) &&
	       !sl_span_starts(name, SL_SPAN("schemas."));
}

static void add_token(struct copy *copy, struct sl_span url)
{
	if (copy->tokens == 0 || !is_link(url))
		return;
	copy->tokens--;
	sl_buf_str(copy->out, sl_span_chr(url, '?', 0) < 0 ? "?t=" : "&t=");
	trap_letters(copy->dice, copy->out, 12, TRAP_HEX);
}

static void add_linked(struct copy *copy, struct sl_span line)
{
	ssize_t at;
	while (copy->tokens && (at = sl_span_find(line, SL_SPAN("http"), 0)) >= 0) {
		struct sl_span url = sl_span_from(line, (size_t)at);
		bool scheme = sl_span_starts(url, SL_SPAN("http://")) ||
			      sl_span_starts(url, SL_SPAN("https://"));
		url = sl_span_head(url, scheme ? url_length(url) : strlen("http"));
		sl_buf_add(copy->out, sl_span_head(line, (size_t)at + url.n));
		if (scheme)
			add_token(copy, url);
		line = sl_span_from(line, (size_t)at + url.n);
	}
	sl_buf_add(copy->out, line);
}

static void vary_body(struct copy *copy, struct sl_span rest)
{
	struct sl_span line;
	while (next_line(&rest, &line)) {
		if (is_delimiter(copy, line)) {
			copy->headed = copy->clear = true;
			add_turned(copy, line);
		} else if (copy->headed) {
			copy->headed = !is_blank(line);
			note_boundary(copy, line);
			note_encoding(copy, line);
			add_turned(copy, line);
		} else if (copy->clear && copy->tokens) {
			add_linked(copy, line);
		} else {
			sl_buf_add(copy->out, line);
		}
	}
}

void repeat_mail_vary(
	struct trap_dice *dice, struct sl_span mail, struct repeat_fate fate, struct sl_buf *out)
{
	ssize_t first = sl_span_chr(mail, '\n', 0);
	struct copy copy = { .dice = dice, .out = out, .fate = fate };
	copy.eol = first > 0 && mail.p[first - 1] == '\r' ? "\r\n" : "\n";
	copy.tokens = fate.token ? 1 + (int)trap_below(dice, REPEAT_TOKENS) : 0;
	survey(&copy, mail);
	vary_header(&copy, &mail);
	if (fate.rotated)
		vary_body(&copy, mail);
	else
		sl_buf_add(out, mail);
}
