/* SPDX-License-Identifier: Apache-2.0 */
/* headers [-v] FILE... - the header reader against GMime, mail by mail.
 *
 * Each file is one mail, or an mbox. What both say of the fields below is compared; a difference is
 * put into a class by what it looks like. Prints how many mails fell into each class; -v prints the
 * two values as well, bytes that are not printable ASCII escaped. docs/HEADERS.md says for each
 * class who is right; exit 1 when there is a difference that is in none of them.
 */
#include "pipeline/base/buf.h"
#include "pipeline/stage.h"
#include "stages/parse/headfields.h"
#include "tests/support/readfile.h"

#include <gmime/gmime.h>
#include <stdio.h>
#include <stdlib.h>

enum field { SUBJECT, FROM_ADDR, FROM_NAME, REPLY_TO, RETURN_PATH, MESSAGE_ID, DATE, FIELDS };
static const struct {
	const char *shown, *header;
} fields[FIELDS] = { { "subject", "Subject" }, { "from address", "From" }, { "from name", "From" },
	{ "reply-to", "Reply-To" }, { "return-path", "Return-Path" },
	{ "message-id", "Message-ID" }, { "date", "Date" } };

/* In the order in which they are asked for: the first that holds counts. */
enum kind {
	SAME,
	LETTER_CASE,   /* of ASCII letters */
	WHITE_SPACE,   /* or control characters */
	COMMAS,        /* in a name, before the address */
	GMIME_NONE,    /* GMime has no value */
	WE_NONE,       /* we have none */
	REPEATED,      /* the field is there more than once */
	EIGHT_BIT,     /* bytes in the header that are not ASCII */
	ENCODED_WORDS, /* words of RFC 2047 */
	COMMENT,       /* parentheses beside a name */
	BROKEN,        /* a second @, a space in an id, quotes or brackets without an end */
	ZONE,          /* dates that are apart by a multiple of fifteen minutes, a day at most */
	OTHER,
	KINDS
};
static const char *const kind_names[KINDS] = { "same", "letter case", "white space", "commas",
	"GMime has none", "we have none", "repeated field", "raw 8-bit", "encoded words", "comment",
	"broken syntax", "time zone", "OTHER" };

struct probe {
	struct sl_config config;
	void *stage;
	struct sl_arena *arena;
	struct sl_buf bytes;
	bool verbose;
	size_t counts[FIELDS][KINDS];
	size_t mails;
};

/* ---- what GMime says ---- */

static struct sl_span keep(struct probe *probe, const char *text)
{
	return text ? sl_arena_copy(probe->arena, sl_span_str(text)) : SL_SPAN_NULL;
}

static InternetAddressMailbox *first_mailbox(InternetAddressList *list)
{
	for (int i = 0; list && i < internet_address_list_length(list); i++) {
		InternetAddress *address = internet_address_list_get_address(list, i);
		if (INTERNET_ADDRESS_IS_MAILBOX(address))
			return INTERNET_ADDRESS_MAILBOX(address);
	}
	return NULL;
}

static struct sl_span mailbox_addr(struct probe *probe, InternetAddressList *list)
{
	InternetAddressMailbox *box = first_mailbox(list);
	return box ? keep(probe, internet_address_mailbox_get_addr(box)) : SL_SPAN_NULL;
}

static struct sl_span return_path(struct probe *probe, GMimeMessage *message)
{
	const char *text = g_mime_object_get_header(GMIME_OBJECT(message), "Return-Path");
	InternetAddressList *list = text ? internet_address_list_parse(NULL, text) : NULL;
	struct sl_span found = mailbox_addr(probe, list);
	if (list)
		g_object_unref(list);
	return found;
}

static struct sl_span time_text(struct probe *probe, int64_t time)
{
	char text[SL_TIME_TEXT];
	return time == SL_TIME_NONE ? SL_SPAN_NULL : keep(probe, sl_time_text(time, text));
}

static int64_t gmime_date(GMimeMessage *message)
{
	GDateTime *date = g_mime_message_get_date(message);
	return date ? g_date_time_to_unix(date) : SL_TIME_NONE;
}

static void ask_gmime(
	struct probe *probe, struct sl_span head, struct sl_span said_r[FIELDS], int64_t *date_r)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(head.p, head.n);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
	memset(said_r, 0, FIELDS * sizeof(*said_r));
	*date_r = SL_TIME_NONE;
	if (message) {
		InternetAddressMailbox *from = first_mailbox(g_mime_message_get_from(message));
		said_r[SUBJECT] = keep(probe, g_mime_message_get_subject(message));
		said_r[FROM_ADDR] = mailbox_addr(probe, g_mime_message_get_from(message));
		said_r[FROM_NAME] =
			from ? keep(probe, internet_address_get_name(INTERNET_ADDRESS(from)))
			     : SL_SPAN_NULL;
		said_r[REPLY_TO] = mailbox_addr(probe, g_mime_message_get_reply_to(message));
		said_r[RETURN_PATH] = return_path(probe, message);
		said_r[MESSAGE_ID] = keep(probe, g_mime_message_get_message_id(message));
		*date_r = gmime_date(message);
		said_r[DATE] = time_text(probe, *date_r);
		g_object_unref(message);
	}
	g_object_unref(parser);
	g_object_unref(stream);
}

/* ---- the classes ---- */

static bool is_left_out(char c, char mark)
{
	return (unsigned char)c <= ' ' || c == 0x7f || c == mark;
}

/* Equal but for white space, the mark, and the case of letters. */
static bool alike(struct sl_span a, struct sl_span b, char mark)
{
	size_t i = 0, k = 0;
	for (;;) {
		while (i < a.n && is_left_out(a.p[i], mark))
			i++;
		while (k < b.n && is_left_out(b.p[k], mark))
			k++;
		if (i == a.n || k == b.n)
			return i == a.n && k == b.n;
		if (sl_lower(a.p[i++]) != sl_lower(b.p[k++]))
			return false;
	}
}

static bool has_high(struct sl_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return true;
	return sl_span_chr(s, 0x1b, 0) >= 0;
}

static size_t count_of(struct sl_span s, char c)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == c;
	return n;
}

static bool is_broken(struct sl_span value)
{
	value = sl_span_trim(value);
	if (sl_span_starts(value, SL_SPAN("<")) && sl_span_chr(value, ' ', 0) >= 0)
		return true;
	return count_of(value, '"') % 2 || count_of(value, '@') > 1 || count_of(value, '<') != 1 ||
	       count_of(value, '>') != 1;
}

static bool apart_by_zone(int64_t a, int64_t b)
{
	int64_t apart = a > b ? a - b : b - a;
	return apart <= 24 * 3600 && apart % 900 == 0;
}

static enum kind classify(const struct sl_mail *mail, enum field field, struct sl_span ours,
	struct sl_span gmime, int64_t gmime_date)
{
	const struct sl_field *raw = sl_mail_field(mail, fields[field].header);
	struct sl_span value = raw ? raw->value : SL_SPAN_NULL;
	const struct {
		bool holds;
		enum kind kind;
	} rows[] = {
		{ sl_span_eq(ours, gmime), SAME },
		{ sl_span_ieq(ours, gmime), LETTER_CASE },
		{ alike(ours, gmime, ' '), WHITE_SPACE },
		{ gmime.n == 0, GMIME_NONE },
		{ ours.n == 0, WE_NONE },
		{ field == FROM_NAME && alike(ours, gmime, ','), COMMAS },
		{ raw && sl_mail_next_field(mail, raw), REPEATED },
		{ has_high(value), EIGHT_BIT },
		{ sl_span_find(value, SL_SPAN("=?"), 0) >= 0, ENCODED_WORDS },
		{ field == DATE && apart_by_zone(mail->message.date, gmime_date), ZONE },
		{ field == FROM_NAME && sl_span_chr(value, '(', 0) >= 0, COMMENT },
		{ field != SUBJECT && field != DATE && is_broken(value), BROKEN },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++)
		if (rows[i].holds)
			return rows[i].kind;
	return OTHER;
}

static void show(const char *label, struct sl_span s)
{
	printf("    %s", label);
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 0x20 && s.p[i] < 0x7f)
			putchar(s.p[i]);
		else
			printf("\\x%02x", (unsigned char)s.p[i]);
	putchar('\n');
}

static void compare(struct probe *probe, const char *path, struct sl_span raw)
{
	static const struct sl_secret secret;
	struct sl_mail mail;
	int64_t date;
	sl_arena_reset(probe->arena);
	sl_mail_begin(&mail, &probe->config, NULL, &secret, probe->arena, raw);
	sl_stage_header.process(probe->stage, &mail);
	const struct sl_message *m = &mail.message;
	struct sl_span gmime[FIELDS];
	const struct sl_span ours[FIELDS] = { m->subject, m->from_addr, m->from_name, m->reply_to,
		m->return_path, m->message_id, time_text(probe, m->date) };
	ask_gmime(probe, SL_ARENA_JOIN(probe->arena, mail.head, SL_SPAN("\n\n")), gmime, &date);
	for (enum field i = 0; i < FIELDS; i++) {
		enum kind kind = classify(&mail, i, ours[i], gmime[i], date);
		probe->counts[i][kind]++;
		if (!probe->verbose || kind == SAME)
			continue;
		printf("%s: %s: %s\n", path, fields[i].shown, kind_names[kind]);
		show("ours:  ", ours[i]);
		show("GMime: ", gmime[i]);
	}
	probe->mails++;
}

/* One mail, or those between the From_ lines of an mbox. */
static void compare_file(struct probe *probe, const char *path, struct sl_span rest)
{
	bool mbox = sl_span_starts(rest, SL_SPAN("From "));
	while (rest.n) {
		ssize_t line = mbox ? sl_span_chr(rest, '\n', 0) : -1;
		rest = sl_span_from(rest, (size_t)(line + 1));
		ssize_t next = mbox ? sl_span_find(rest, SL_SPAN("\n\nFrom "), 0) : -1;
		size_t n = next < 0 ? rest.n : (size_t)next + 2;
		compare(probe, path, sl_span_head(rest, n));
		rest = sl_span_from(rest, n);
	}
}

int main(int argc, char **argv)
{
	struct probe *probe = sl_calloc(1, sizeof(*probe));
	size_t unexplained = 0;
	g_mime_init();
	sl_limits_default(&probe->config.limits);
	probe->stage = sl_stage_header.thread_new(&probe->config, NULL);
	probe->arena = sl_arena_new(0);
	probe->bytes = sl_buf_make(64 << 20);
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "-v") == 0)
			probe->verbose = true;
		else if (readfile_all(argv[i], &probe->bytes))
			compare_file(probe, argv[i], sl_buf_span(&probe->bytes));
	for (enum field i = 0; i < FIELDS; i++)
		for (enum kind k = SAME; k < KINDS; k++)
			if (probe->counts[i][k])
				printf("%-14s%-16s%zu\n", fields[i].shown, kind_names[k],
					probe->counts[i][k]);
	for (enum field i = 0; i < FIELDS; i++)
		unexplained += probe->counts[i][OTHER];
	printf("%zu mails, %zu differences in no class\n", probe->mails, unexplained);
	sl_stage_header.thread_free(probe->stage);
	sl_arena_free(&probe->arena);
	sl_buf_free(&probe->bytes);
	free(probe);
	g_mime_shutdown();
	return unexplained > 0;
}
