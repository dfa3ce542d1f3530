/* SPDX-License-Identifier: Apache-2.0 */
#include "shared_json.h"

static void put_text(struct sl_json *to, const struct sl_redact *redact, struct sl_arena *arena,
	const char *key, struct sl_span text)
{
	sl_json_key(to, key);
	sl_json_text(to, sl_redact_text(redact, arena, text));
}

static void put_number(struct sl_json *to, const char *key, uint64_t value)
{
	sl_json_key(to, key);
	sl_json_u64(to, value);
}

static void put_digest(struct sl_json *to, const char *key, const void *bytes, size_t n)
{
	sl_json_key(to, key);
	sl_json_hex(to, bytes, n);
}

void sl_json_place(struct sl_json *to, const struct sl_redact *redact, struct sl_arena *arena,
	const struct sl_place *place)
{
	put_text(to, redact, arena, "archive", place->archive);
	put_text(to, redact, arena, "entry", place->entry);
	put_number(to, "ordinal", place->ordinal);
	put_number(to, "offset", place->offset);
	put_number(to, "length", place->length);
}

static void put_attachment(struct sl_json *to, const struct sl_redact *redact,
	struct sl_arena *arena, const struct sl_attachment *a)
{
	sl_json_object(to);
	put_text(to, redact, arena, "name", a->name);
	put_text(to, redact, arena, "type", a->type);
	put_number(to, "size", a->size);
	put_digest(to, "sha256", a->sha256.b, sizeof(a->sha256.b));
	put_digest(to, "sha1", a->sha1.b, sizeof(a->sha1.b));
	put_digest(to, "md5", a->md5.b, sizeof(a->md5.b));
	sl_json_object_end(to);
}

void sl_json_attachments(struct sl_json *to, const struct sl_redact *redact, struct sl_arena *arena,
	const struct sl_attachment *attachments, size_t n)
{
	sl_json_array(to);
	for (size_t i = 0; i < n; i++)
		put_attachment(to, redact, arena, &attachments[i]);
	sl_json_array_end(to);
}
