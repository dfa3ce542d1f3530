/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "pipeline/base/hash.h"
#include "pipeline/stage.h"

struct seed {
	const char *subject, *sender, *text, *file, *body;
};

static struct sl_secret secret;

static struct sl_mail variant_of(const struct seed *seed)
{
	struct sl_attachment file = { .size = 0 };
	struct sl_mail mail = { .secret = &secret, .body = sl_span_str(seed->body) };

	mail.message.subject_norm = sl_span_str(seed->subject);
	mail.message.sender_norm = sl_span_str(seed->sender);
	mail.content.norm = sl_span_str(seed->text);
	if (seed->file) {
		file.sha256 = sl_sha256_of(sl_span_str(seed->file));
		mail.content.attachments = &file;
		mail.content.n_attachments = 1;
	}
	sl_stage_variant.process(NULL, &mail);
	mail.content.attachments = NULL;
	return mail;
}

static void test_equal(void **state)
{
	static const char text[] = "pay the open fee within two days\n";
	static const struct {
		struct seed a, b;
		bool same;
	} rows[] = {
		/* with text, only subject and text count */
		{ { "s", "a", text, NULL, "1" }, { "s", "b", text, "f", "2" }, true },
		{ { "s", "a", text, NULL, "1" }, { "t", "a", text, NULL, "1" }, false },
		{ { "s", "a", text, NULL, "1" },
			{ "s", "a", "pay the open fee within ten days\n", NULL, "1" }, false },
		/* the border between subject and text is a border */
		{ { "s\npay", "a", text, NULL, "" }, { "s", "a", text, NULL, "" }, false },
		/* without text, sender and files, else the body */
		{ { "s", "a", "", NULL, "1" }, { "s", "a", "", NULL, "1" }, true },
		{ { "s", "a", "", NULL, "1" }, { "s", "a", "", NULL, "2" }, false },
		{ { "s", "a", "", NULL, "1" }, { "s", "b", "", NULL, "1" }, false },
		{ { "s", "a", "", "f", "1" }, { "s", "a", "", "f", "2" }, true },
		{ { "s", "a", "", "f", "1" }, { "s", "a", "", "g", "1" }, false },
		{ { "s", "a", "a  b  c  d  e  f  g  h  i", NULL, "1" },
			{ "s", "a", "a  b  c  d  e  f  g  h  i", NULL, "2" }, false },
	};

	(void)state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_mail a = variant_of(&rows[i].a), b = variant_of(&rows[i].b);
		bool names = sl_id_eq(&a.message.variant_name, &b.message.variant_name);
		bool keys = sl_id_eq(&a.message.variant, &b.message.variant);

		if (names != rows[i].same || keys != rows[i].same)
			fail_msg("row %zu: names %d keys %d", i, names, keys);
	}
}

/* The key follows the store's secret, the name does not. */
static void test_secret(void **state)
{
	static const struct seed seed = { "s", "a", "pay the open fee within two days\n", NULL,
		"" };
	struct sl_mail a = variant_of(&seed), b;

	(void)state;
	secret.b[0] ^= 1;
	b = variant_of(&seed);
	secret.b[0] ^= 1;
	assert_true(sl_id_eq(&a.message.variant_name, &b.message.variant_name));
	assert_false(sl_id_eq(&a.message.variant, &b.message.variant));
	assert_false(sl_id_is_zero(&a.message.variant));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_equal),
		cmocka_unit_test(test_secret) };

	for (size_t i = 0; i < sizeof(secret.b); i++)
		secret.b[i] = (uint8_t)(i * 37 + 11);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
