/* SPDX-License-Identifier: Apache-2.0 */
/* Runs header blocks through the header stage; vectors_header.py speaks to it.
 *
 * Input, per case: a line "NAME TAB TRUST TAB IDS TAB BYTES" (lists joined by commas, "-" for none,
 * "" for the empty id), then that many bytes. Output: one JSON object a line. What is printed comes
 * out of closed alphabets, but for the address fields, which are escaped bytewise.
 */
#include "pipeline/base/buf.h"
#include "pipeline/policy.h"
#include "pipeline/stage.h"

#include <stdio.h>
#include <stdlib.h>

enum { LIST_MAX = 64, OUT_MAX = 1 << 20 };

struct list {
	const char *items[LIST_MAX];
	size_t n;
};

static void split_list(char *text, struct list *list)
{
	list->n = 0;
	if (strcmp(text, "-") == 0)
		return;
	for (char *rest = text, *item; list->n < LIST_MAX && (item = strsep(&rest, ","));)
		list->items[list->n++] = strcmp(item, "\"\"") == 0 ? "" : item;
}

static void put_text(struct sl_buf *out, const char *key, struct sl_span text)
{
	sl_buf_printf(out, ",\"%s\":", key);
	if (text.n == 0) {
		sl_buf_str(out, "null");
		return;
	}
	sl_buf_char(out, '"');
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f)
			sl_buf_printf(out, "\\u%04x", c);
		else
			sl_buf_char(out, text.p[i]);
	}
	sl_buf_char(out, '"');
}

static void put_list(struct sl_buf *out, const char *key, const struct sl_span *items, size_t n)
{
	sl_buf_printf(out, ",\"%s\":[", key);
	for (size_t i = 0; i < n; i++)
		sl_buf_printf(out, "%s\"%.*s\"", i ? "," : "", SL_ARG(items[i]));
	sl_buf_char(out, ']');
}

static void put_route(struct sl_buf *out, const struct sl_message *m)
{
	char ip[46];
	put_text(out, "origin_ip", sl_span_of(ip, sl_ip_text(&m->origin_ip, ip)));
	if (m->origin_hop == SL_HOP_NONE)
		sl_buf_str(out, ",\"hop_index\":null");
	else
		sl_buf_printf(out, ",\"hop_index\":%u", m->origin_hop);
	put_text(out, "reason", sl_span_str(sl_ip_reason_name(m->origin_reason)));
	put_list(out, "all_ips", m->relays, m->n_relays);
	put_list(out, "claimed", m->claimed, m->n_claimed);
	bool forged = m->flags & SL_BIT(SL_MSG_FORGED_RECEIVED);
	sl_buf_printf(out, ",\"forged_suspect\":%s", forged ? "true" : "false");
	put_text(out, "spf", m->spf);
	put_text(out, "dkim", m->dkim);
	put_text(out, "dmarc", m->dmarc);
	put_text(out, "arc", m->arc);
	put_text(out, "auth_by", m->auth_by);
}

static void put_times(struct sl_buf *out, const struct sl_mail *mail)
{
	const int64_t times[] = { mail->message.date, mail->message.received, mail->time };
	static const char *const keys[] = { "date", "received", "time" };
	for (size_t i = 0; i < SL_LEN(times); i++) {
		char text[SL_TIME_TEXT];
		bool none = times[i] == SL_TIME_NONE;
		put_text(out, keys[i],
			none ? SL_SPAN_NULL : sl_span_str(sl_time_text(times[i], text)));
	}
}

static void put_mail(struct sl_buf *out, const char *name, const struct sl_mail *mail)
{
	const struct sl_message *m = &mail->message;
	sl_buf_str(out, "{\"fields\":");
	sl_buf_u64(out, mail->n_fields);
	put_text(out, "id", sl_span_str(name));
	put_route(out, m);
	put_times(out, mail);
	put_text(out, "subject", m->subject);
	put_text(out, "from_name", m->from_name);
	put_text(out, "from", m->from_addr);
	put_text(out, "from_domain", m->from_domain);
	put_text(out, "return_path", m->return_path);
	put_text(out, "reply_to", m->reply_to);
	sl_buf_str(out, ",\"flags\":[");
	const char *comma = "";
	for (unsigned i = 0; i < SL_MSG_FLAGS; i++)
		if (m->flags & SL_BIT(i)) {
			sl_buf_printf(out, "%s\"%s\"", comma, sl_msg_flag_name(i));
			comma = ",";
		}
	sl_buf_str(out, "]}\n");
}

static void one_case(const char *name, char *trust_text, char *ids_text, struct sl_span bytes,
	struct sl_arena *arena)
{
	static const char *envelope[] = { "X-Trap-Client-Address", "X-Envelope-Peer" };
	static const struct sl_secret secret;
	struct list trust, ids;
	struct sl_mail mail;
	struct sl_config config = { .envelope_headers = { envelope, SL_LEN(envelope) } };
	struct sl_buf out = sl_buf_make(OUT_MAX);
	split_list(trust_text, &trust);
	split_list(ids_text, &ids);
	sl_limits_default(&config.limits);
	config.trust = (struct sl_strings){ trust.items, trust.n };
	config.authserv_ids = (struct sl_strings){ ids.items, ids.n };
	void *thread = sl_stage_header.thread_new(&config, NULL);
	sl_arena_reset(arena);
	sl_mail_begin(&mail, &config, NULL, &secret, arena, bytes);
	sl_stage_header.process(thread, &mail);
	put_mail(&out, name, &mail);
	fwrite(out.p, 1, out.n, stdout);
	sl_stage_header.thread_free(thread);
	sl_buf_free(&out);
}

int main(void)
{
	struct sl_arena *arena = sl_arena_new(0);
	char *line = NULL;
	size_t room = 0;
	while (getline(&line, &room, stdin) > 0) {
		char *rest = line, *name = strsep(&rest, "\t"), *trust = strsep(&rest, "\t");
		char *ids = strsep(&rest, "\t"), *size = strsep(&rest, "\n");
		uint64_t n;
		if (!ids || !size || !sl_span_u64(sl_span_str(size), &n))
			return 1;
		char *bytes = sl_malloc(n);
		if (fread(bytes, 1, n, stdin) != n)
			return 1;
		one_case(name, trust, ids, sl_span_of(bytes, n), arena);
		free(bytes);
	}
	free(line);
	sl_arena_free(&arena);
	return 0;
}
