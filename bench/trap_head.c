/* SPDX-License-Identifier: Apache-2.0 */
/* trap_head.c - the header of a generated mail: 14 fields as a plain server writes them, or 59 as
 * the large providers do, which outweigh many a body. */
#include "trap_maker.h"
#include "trap_names.h"
#include "trap_stamp.h"

enum { MACHINES = 40, MACHINE_ROOM = 64 };

enum junk_kind { BLOB, NUMBER, DATE, GUID, WORD };

struct junk {
	const char *name;
	enum junk_kind kind;
	uint16_t size; /* letters of a blob */
	const char *word;
};

/* What filters and relays add. With List-Unsubscribe and two hops these are 45 fields. */
static const struct junk junk[] = {
	{ "ARC-Seal", BLOB, 420, NULL },
	{ "ARC-Message-Signature", BLOB, 640, NULL },
	{ "ARC-Authentication-Results", WORD, 0, "i=1; mx.trap.example 1; spf=fail; dmarc=fail" },
	{ "Received-SPF", WORD, 0, "Fail (mx.trap.example: no permitted sender)" },
	{ "X-Incoming-Top-Header-Marker", GUID, 0, NULL },
	{ "X-Incoming-Header-Count", NUMBER, 0, NULL },
	{ "X-Trap-Organization-Expiration-Start-Time", DATE, 0, NULL },
	{ "X-Trap-Organization-Expiration-Interval", WORD, 0, "1:00:00:00.0000000" },
	{ "X-Trap-Organization-Expiration-Reason", WORD, 0, "OriginalSubmit" },
	{ "X-Trap-Organization-Network-Message-Id", GUID, 0, NULL },
	{ "X-Trap-Organization-SCL", NUMBER, 0, NULL },
	{ "X-Trap-Attributed-Message", WORD, 0, "0" },
	{ "X-Trap-Tenant-Attributed", GUID, 0, NULL },
	{ "X-Trap-Message-Directionality", WORD, 0, "Incoming" },
	{ "X-Trap-Public-Traffic-Type", WORD, 0, "Email" },
	{ "X-Trap-Traffic-Diagnostic", BLOB, 60, NULL },
	{ "X-Trap-Office-Correlation-Id", GUID, 0, NULL },
	{ "X-Trap-Auth-Source", WORD, 0, "store.trap.example" },
	{ "X-Trap-Auth-As", WORD, 0, "Anonymous" },
	{ "X-Trap-UserLastLogonTime", DATE, 0, NULL },
	{ "X-Trap-EOP-Direct", WORD, 0, "true" },
	{ "X-Sender-Category", WORD, 0, "INBOX" },
	{ "X-SID-PRA", WORD, 0, "none" },
	{ "X-SID-Result", WORD, 0, "FAIL" },
	{ "X-Trap-Time-Travel", DATE, 0, NULL },
	{ "X-Antispam-Report", BLOB, 240, NULL },
	{ "X-Antispam-Relay", WORD, 0, "0" },
	{ "X-Antispam-Message-Info", BLOB, 2600, NULL },
	{ "X-Antispam-Untrusted", BLOB, 900, NULL },
	{ "X-Antispam-Mailbox-Delivery", BLOB, 180, NULL },
	{ "X-Trap-Cross-Tenant-Message-Info", BLOB, 2300, NULL },
	{ "X-Trap-Cross-Tenant-Id", GUID, 0, NULL },
	{ "X-Trap-Cross-Tenant-Auth-Source", WORD, 0, "edge.trap.example" },
	{ "X-Trap-Cross-Tenant-Arrival", DATE, 0, NULL },
	{ "X-Trap-Cross-Tenant-Network-Id", GUID, 0, NULL },
	{ "X-Trap-Transport-Headers-Stamped", WORD, 0, "store.trap.example" },
	{ "X-Trap-Transport-End-To-End-Latency", NUMBER, 0, NULL },
	{ "X-Trap-Processed-By", WORD, 0, "15.20.0000.000" },
	{ "X-Spam-Status", WORD, 0, "No, score=2.9 required=5.0 tests=HTML_MESSAGE,MISSING" },
	{ "X-Spam-Checker", WORD, 0, "trapfilter 4.0 (2026-01-01)" },
	{ "X-Virus-Scanned", WORD, 0, "by trapfilter" },
	{ "X-Original-Message", BLOB, 1400, NULL },
};

static void add_blob(struct trap_dice *dice, struct sl_buf *to, size_t size)
{
	static const size_t line = 68;
	for (; size > line; size -= line) {
		trap_letters(
			dice, to, line, SL_SPAN("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrs"));
		sl_buf_str(to, "\n\t");
	}
	trap_letters(dice, to, size, TRAP_LOWER);
}

static void add_junk(struct trap_maker *m, const struct junk *row)
{
	struct sl_buf *to = &m->raw;
	sl_buf_str(to, row->name);
	sl_buf_str(to, ": ");
	switch (row->kind) {
	case BLOB:
		add_blob(&m->copy, to, row->size);
		break;
	case NUMBER:
		sl_buf_u64(to, trap_below(&m->copy, 60));
		break;
	case DATE:
		trap_stamp_date(to, m->mail.time);
		break;
	case GUID:
		trap_letters(&m->copy, to, 8, TRAP_HEX);
		sl_buf_char(to, '-');
		trap_letters(&m->copy, to, 24, TRAP_HEX);
		break;
	case WORD:
		sl_buf_str(to, row->word);
		break;
	}
	sl_buf_char(to, '\n');
}

static void add_hop(struct trap_maker *m, const char *from, const char *ip, const char *by)
{
	struct sl_buf *to = &m->raw;
	sl_buf_printf(
		to, "Received: from %s (%s [%s])\n\tby %s with ESMTPS id ", from, from, ip, by);
	trap_letters(&m->copy, to, 12, TRAP_UPPER);
	sl_buf_str(to, ";\n\t");
	trap_stamp_date(to, m->mail.time);
	sl_buf_char(to, '\n');
}

static void draw_sender(struct trap_maker *m)
{
	uint64_t seed = m->options->seed;
	struct trap_dice dice = trap_dice_of(seed, TRAP_DICE_MACHINE, ~m->mail.campaign);
	sl_buf_reset(&m->sender);
	sl_buf_str(&m->sender, trap_below(&dice, 2) ? "info@" : "no-reply@");
	if (trap_below(&dice, 2)) {
		trap_names_domain(&dice, &m->sender);
	} else {
		trap_names_brand_id(seed, m->mail.brand, &m->sender);
		sl_buf_str(&m->sender, ".example");
	}
	dice = trap_dice_of(seed, TRAP_DICE_MACHINE,
		m->mail.campaign * MACHINE_ROOM + trap_below(&m->copy, MACHINES));
	sl_buf_reset(&m->ip);
	trap_stamp_ip(&dice, &m->ip);
	trap_truth_add(&m->truth, TRAP_FACT_IP, sl_buf_span(&m->ip));
}

static struct sl_span sender_domain(const struct trap_maker *m)
{
	struct sl_span sender = sl_buf_span(&m->sender);
	return sl_span_from(sender, (size_t)sl_span_chr(sender, '@', 0) + 1);
}

static void add_envelope(struct trap_maker *m)
{
	struct sl_buf *to = &m->raw;
	sl_buf_str(to, "Return-Path: <");
	sl_buf_add(to, sl_buf_span(&m->sender));
	sl_buf_str(to, ">\n");
	if (m->options->headers > 14) {
		add_hop(m, "edge.trap.example", "10.20.0.7", "store.trap.example");
		add_hop(m, "mx.trap.example", "10.20.0.3", "edge.trap.example");
	}
	trap_stamp_received(
		&m->copy, to, sender_domain(m), sl_buf_span(&m->ip), m->mail.time, "\n");
	add_hop(m, "localhost", "127.0.0.1", "relay.example");
	sl_buf_str(to, "Authentication-Results: mx.trap.example; spf=fail smtp.mailfrom=");
	sl_buf_add(to, sender_domain(m));
	sl_buf_str(to, "; dkim=none;\n\tdmarc=fail\nDKIM-Signature: v=1; a=rsa-sha256; d=");
	sl_buf_add(to, sender_domain(m));
	sl_buf_str(to, "; s=k1;\n\th=from:to:subject;\n\tb=");
	add_blob(&m->copy, to, 340);
	sl_buf_char(to, '\n');
}

static void add_unsubscribe(struct trap_maker *m)
{
	struct sl_buf link = sl_buf_make(256);
	sl_buf_str(&link, "https://");
	sl_buf_add(&link, sender_domain(m));
	sl_buf_str(&link, "/leave/");
	trap_letters(&m->copy, &link, 20, TRAP_LOWER);
	trap_truth_add(&m->truth, TRAP_FACT_UNSUBSCRIBE, sl_buf_span(&link));
	sl_buf_str(&m->raw, "List-Unsubscribe: <");
	sl_buf_add(&m->raw, sl_buf_span(&link));
	sl_buf_str(&m->raw, ">\n");
	sl_buf_free(&link);
}

static void add_names(struct trap_maker *m)
{
	struct sl_buf *to = &m->raw;
	const char *charset = m->mail.family.charset;
	sl_buf_str(to, "From: ");
	if (m->mail.family.tongue == &trap_tongue_ja)
		trap_coding_words(&m->converters, charset, SL_SPAN("カスタマーセンター"), to);
	sl_buf_str(to, m->mail.family.tongue == &trap_tongue_ja ? " " : "");
	sl_buf_add(to, sl_buf_span(&m->writer.brand));
	sl_buf_str(to, " <");
	sl_buf_add(to, sl_buf_span(&m->sender));
	sl_buf_str(to, ">\nTo: <");
	trap_stamp_recipient(&m->copy, to);
	sl_buf_str(to, ">\nSubject: ");
	trap_coding_words(&m->converters, charset, sl_buf_span(&m->writer.subject), to);
	sl_buf_str(to, "\nDate: ");
	trap_stamp_date(to, m->mail.time);
	sl_buf_str(to, "\nMessage-ID: <");
	trap_letters(&m->copy, to, 24, TRAP_LOWER);
	sl_buf_char(to, '@');
	sl_buf_add(to, sender_domain(m));
	sl_buf_str(to, ">\nX-Mailer: Tidewriter 6.1\nMIME-Version: 1.0\n");
}

void trap_head_write(struct trap_maker *m)
{
	sl_buf_reset(&m->raw);
	draw_sender(m);
	add_envelope(m);
	if (m->options->headers > 14) {
		add_unsubscribe(m);
		for (size_t i = 0; i < SL_LEN(junk); i++)
			add_junk(m, &junk[i]);
	}
	add_names(m);
	sl_buf_add(&m->raw, sl_buf_span(&m->content));
	sl_buf_char(&m->raw, '\n');
}
