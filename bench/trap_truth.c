/* SPDX-License-Identifier: Apache-2.0 */
#include "trap_truth.h"

#include "pipeline/base/hash.h"
#include "pipeline/base/json.h"
#include "trap_names.h"

void trap_truth_reset(struct trap_truth *truth)
{
	sl_buf_reset(&truth->text);
	truth->n = 0;
}

static struct sl_span value_of(const struct trap_truth *truth, size_t i)
{
	return sl_span_of(truth->text.p + truth->facts[i].at, truth->facts[i].n);
}

void trap_truth_add(struct trap_truth *truth, enum trap_fact_kind kind, struct sl_span value)
{
	for (size_t i = 0; i < truth->n; i++)
		if (truth->facts[i].kind == kind && sl_span_eq(value_of(truth, i), value))
			return;
	sl_assert(truth->n < TRAP_FACTS);
	truth->facts[truth->n++] = (struct trap_fact){ kind, truth->text.n, value.n };
	sl_buf_add(&truth->text, value);
}

static void list(const struct trap_truth *truth, struct sl_json *json, const char *key,
	enum trap_fact_kind kind)
{
	sl_json_key(json, key);
	sl_json_array(json);
	for (size_t i = 0; i < truth->n; i++)
		if (truth->facts[i].kind == kind)
			sl_json_text(json, value_of(truth, i));
	sl_json_array_end(json);
}

static void number(struct sl_json *json, const char *key, uint64_t value)
{
	sl_json_key(json, key);
	sl_json_u64(json, value);
}

static void text(struct sl_json *json, const char *key, const char *value)
{
	sl_json_key(json, key);
	sl_json_str(json, value);
}

static void labels(
	struct sl_json *json, const struct trap_options *options, const struct trap_mail *mail)
{
	struct sl_buf name = sl_buf_make(128);
	sl_buf_char(&name, 'c');
	sl_buf_u64(&name, mail->campaign);
	text(json, "campaign", name.p);
	sl_buf_reset(&name);
	sl_buf_char(&name, 'f');
	sl_buf_u64(&name, mail->family_number);
	text(json, "family", name.p);
	sl_buf_reset(&name);
	trap_names_brand_id(options->seed, mail->brand, &name);
	text(json, "brand", name.p);
	text(json, "language", mail->family.tongue->code);
	text(json, "charset", mail->family.charset);
	sl_buf_free(&name);
}

void trap_truth_line(const struct trap_truth *truth, const struct trap_options *options,
	const struct trap_mail *mail, struct sl_span raw, struct sl_buf *to)
{
	struct sl_json json = sl_json_make(to);
	struct sl_id id = sl_hash_name(raw);
	sl_json_object(&json);
	number(&json, "mail", mail->number);
	sl_json_key(&json, "id");
	sl_json_hex(&json, id.b, sizeof(id.b));
	number(&json, "original", mail->original);
	number(&json, "copy", mail->copy);
	labels(&json, options, mail);
	sl_json_key(&json, "urls");
	sl_json_object(&json);
	list(truth, &json, "link", TRAP_FACT_LINK);
	list(truth, &json, "form", TRAP_FACT_FORM);
	list(truth, &json, "image", TRAP_FACT_IMAGE);
	list(truth, &json, "unsubscribe", TRAP_FACT_UNSUBSCRIBE);
	sl_json_object_end(&json);
	list(truth, &json, "emails", TRAP_FACT_EMAIL);
	list(truth, &json, "ips", TRAP_FACT_IP);
	list(truth, &json, "attachments", TRAP_FACT_FILE);
	sl_json_object_end(&json);
	sl_json_line(&json);
}
