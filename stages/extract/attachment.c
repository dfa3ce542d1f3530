/* SPDX-License-Identifier: Apache-2.0 */
/* attachment.c - the files of a message, by name, size and digests. */
#include "pipeline/base/digest.h"
#include "pipeline/base/utf8.h"
#include "pipeline/memo.h"
#include "pipeline/stage.h"

/* A mail inside the mail is no file; its own attachments are found when it is read. */
static bool is_file(const struct sl_part *part)
{
	bool envelope = sl_span_istarts(part->type, SL_SPAN("multipart/")) ||
			sl_span_istarts(part->type, SL_SPAN("message/")) || part->embedded_mail;
	return part->attachment && (!envelope || part->name.n > 0);
}

static struct sl_span hex(struct sl_arena *arena, const uint8_t *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	sl_assert(n > 0);
	char *to = sl_arena_alloc(arena, 2 * n);
	for (size_t i = 0; i < n; i++) {
		to[2 * i] = digits[bytes[i] >> 4];
		to[2 * i + 1] = digits[bytes[i] & 15];
	}
	return sl_span_of(to, 2 * n);
}

/* Names longer than these tell nothing more. */
enum { NAME_MOST = 1024, TYPE_MOST = 256, NUMBERS = 128 };

/* The text with U+FFFD for every byte that is no UTF-8: the type comes as it stands in the mail. */
static struct sl_span repaired(struct sl_arena *arena, struct sl_span text)
{
	enum { REPLACEMENT = 0xfffd, REPLACEMENT_BYTES = 3 };
	if (sl_utf8_valid_prefix(text) == text.n)
		return text;
	char *to = sl_arena_alloc(arena, REPLACEMENT_BYTES * text.n);
	size_t n = 0;
	while (text.n) {
		size_t good = sl_utf8_valid_prefix(text);
		if (good)
			memcpy(to + n, text.p, good);
		n += good;
		text = sl_span_from(text, good);
		if (text.n)
			n += sl_utf8_encode(REPLACEMENT, to + n);
		text = sl_span_from(text, text.n > 0);
	}
	return sl_span_of(to, n);
}

static struct sl_span head_of_text(struct sl_arena *arena, struct sl_span text, size_t most)
{
	text = repaired(arena, sl_span_head(text, most));
	if (text.n <= most)
		return text;
	text = sl_span_head(text, most);
	return sl_span_head(text, sl_utf8_valid_prefix(text));
}

struct digests {
	struct sl_sha256 sha256;
	struct sl_sha1 sha1;
	struct sl_md5 md5;
};

/* Once per distinct file: the logo of a bank is in a thousand bodies. */
static struct digests digests_of(
	struct sl_memo *memo, const struct sl_mail *mail, struct sl_span bytes)
{
	struct digests digests;
	struct sl_span known;
	struct sl_id key = sl_hash_key(bytes, mail->secret);
	if (sl_memo_find(memo, &key, mail->arena, &known)) {
		memcpy(&digests, known.p, sizeof(digests));
		return digests;
	}
	digests = (struct digests){ sl_sha256_of(bytes), sl_sha1_of(bytes), sl_md5_of(bytes) };
	sl_memo_add(memo, &key, sl_span_of((const char *)&digests, sizeof(digests)));
	return digests;
}

static void add_file(struct sl_memo *memo, struct sl_mail *mail, const struct sl_part *part,
	struct sl_span name, struct sl_span type, struct sl_attachment *to)
{
	struct digests digests = digests_of(memo, mail, part->decoded);
	*to = (struct sl_attachment){ .name = name,
		.type = type,
		.part = part->number,
		.size = part->decoded.n,
		.sha256 = digests.sha256,
		.sha1 = digests.sha1,
		.md5 = digests.md5 };
	if (part->decoded.n == 0)
		return; /* the digest of nothing names no file */
	struct sl_indicator add = { .kind = SL_KIND_SHA256,
		.role = SL_ROLE_ATTACHMENT,
		.view = SL_VIEW_RAW,
		.part = part->number,
		.value = hex(mail->arena, to->sha256.b, sizeof(to->sha256.b)) };
	sl_mail_add_indicator(mail, &add);
}

static void process_attachments(void *thread, struct sl_mail *mail)
{
	struct sl_content *content = &mail->content;
	size_t room = 0;
	for (size_t i = 0; i < mail->n_parts; i++) {
		const struct sl_part *part = &mail->parts[i];
		if (!is_file(part))
			continue;
		struct sl_span name = head_of_text(mail->arena, part->name, NAME_MOST);
		struct sl_span type = head_of_text(mail->arena, part->type, TYPE_MOST);
		if (!sl_mail_take(mail, false, NUMBERS + name.n + type.n)) {
			sl_mail_flag_body(mail, SL_MSG_LIMIT_PARTS);
			break;
		}
		struct sl_attachment *to = SL_ARENA_PUSH(
			mail->arena, content->attachments, content->n_attachments, room);
		add_file(thread, mail, part, name, type, to);
		sl_assert(to->part == part->number);
	}
}

static void *worker_new(const struct sl_config *config, const struct sl_tables *tables)
{
	(void)tables;
	return sl_memo_new(sl_memo_share(config->content_cache, SL_SHARE_FILES));
}

static void worker_free(void *thread)
{
	struct sl_memo *memo = thread;
	sl_memo_free(&memo);
}

const struct sl_stage sl_stage_attachment = { "attachment", worker_new, process_attachments,
	worker_free };
