/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "pipeline/base/digest.h"
#include "stages/feed/redact.h"

#include <string.h>

/* The trap's addresses in these tests. */
static const char *const given[] = { "Trap.One@spam.example", "@honey.example", "no-at-sign", "x@",
	"two@spam.example" };

static struct sl_redact *make(void)
{
	static const char *items[SL_LEN(given)];
	struct sl_config config;
	memset(&config, 0, sizeof(config));
	memcpy(items, given, sizeof(given));
	config.trap_addresses.items = items;
	config.trap_addresses.n = SL_LEN(given);
	return sl_redact_new(&config);
}

static const struct {
	const char *in, *out;
} rows[] = {
	{ "", "" },
	{ "nothing here", "nothing here" },
	{ "to trap.one@spam.example now", "to [trap] now" },
	{ "TRAP.ONE@SPAM.EXAMPLE", "[trap]" },
	{ "<two@spam.example>,three@spam.example", "<[trap]>,three@spam.example" },
	{ "two@spam.example.org", "[trap].org" },
	{ "two@spam.examples", "[trap]s" },
	{ "any@honey.examples", "any@honey.examples" },
	{ "/ab12two@spam.example34cd/", "/ab12[trap]34cd/" },
	{ "two@notspam.example", "two@notspam.example" },
	{ "big.two@spam.example", "big.[trap]" },
	{ "any.body+tag@honey.example", "[trap]" },
	{ "any@sub.honey.example", "any@sub.honey.example" },
	{ "@honey.example", "@honey.example" },
	{ "https://e.example/?m=a@honey.example&x=1", "https://e.example/?m=[trap]&x=1" },
	{ "https://e.example/?m=two%40spam.example", "https://e.example/?m=[trap]" },
	{ "https://e.example/?m=two%2540spam%2Eexample#x", "https://e.example/?m=[trap]#x" },
	{ "https://e.example/%74%77%6f%40%73%70%61%6d%2e%65%78%61%6d%70%6c%65/",
		"https://e.example/[trap]/" },
	{ "bounce-two=spam.example@sender.example", "bounce-[trap]@sender.example" },
	/* base64 of "two@spam.example", alone and with 1 and 2 bytes in front */
	{ "https://e.example/?q=dHdvQHNwYW0uZXhhbXBsZQ==", "https://e.example/?q=[trap]==" },
	{ "q=eHR3b0BzcGFtLmV4YW1wbGU", "q=e[trap]" },
	{ "q=eHl0d29Ac3BhbS5leGFtcGxl&r", "q=eH[trap]&r" },
	/* hexadecimal */
	{ "h=74776f407370616d2e6578616d706c65;", "h=[trap];" },
	{ "h=74776F407370616D2E6578616D706C65;", "h=[trap];" },
	{ "h=0074776f407370616d2e6578616d706c65", "h=00[trap]" },
	{ "id=54a9a5ef0e3ab9ecb4c2bf1d12f4bbcb", "id=54a9a5ef0e3ab9ecb4c2bf1d12f4bbcb" },
	{ "trailing %", "trailing %" },
	{ "%4", "%4" },
	{ "a@", "a@" },
	{ "=====", "=====" },
};

static void table(void **state)
{
	(void)state;
	struct sl_redact *redact = make();
	struct sl_arena *arena = sl_arena_new(0);
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_span in = sl_span_str(rows[i].in);
		struct sl_span out = sl_redact_text(redact, arena, in);
		CHECK_SPAN_ROW(out, rows[i].out, i);
		assert_int_equal(sl_redact_changed(in, out), strcmp(rows[i].in, rows[i].out) != 0);
	}
	sl_arena_free(&arena);
	sl_redact_free(&redact);
}

static void to_hex(char *to, const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		snprintf(to + 2 * i, 3, "%02x", ((const unsigned char *)bytes)[i]);
}

static void hashed_forms(void **state)
{
	(void)state;
	struct sl_redact *redact = make();
	struct sl_arena *arena = sl_arena_new(0);
	/* as given, and in lower case */
	static const char *const forms[] = { "Trap.One@spam.example", "trap.one@spam.example",
		"two@spam.example" };
	for (size_t i = 0; i < SL_LEN(forms); i++) {
		char hex[3][80];
		struct sl_md5 md5 = sl_md5_of(sl_span_str(forms[i]));
		struct sl_sha1 sha1 = sl_sha1_of(sl_span_str(forms[i]));
		struct sl_sha256 sha256 = sl_sha256_of(sl_span_str(forms[i]));
		to_hex(hex[0], md5.b, sizeof(md5.b));
		to_hex(hex[1], sha1.b, sizeof(sha1.b));
		to_hex(hex[2], sha256.b, sizeof(sha256.b));
		for (size_t k = 0; k < 3; k++) {
			struct sl_span url =
				sl_arena_printf(arena, "https://e.example/u/%s/x", hex[k]);
			CHECK_SPAN_ROW(sl_redact_text(redact, arena, url),
				"https://e.example/u/[trap]/x", k);
		}
	}
	sl_arena_free(&arena);
	sl_redact_free(&redact);
}

/* Does an address of the domain stand there? With a letter behind it, it is another domain's. */
static bool stands_in(struct sl_span text, struct sl_span address)
{
	for (ssize_t at = -1; (at = sl_span_ifind(text, address, (size_t)(at + 1))) >= 0;) {
		size_t end = (size_t)at + address.n;
		if (end == text.n || !sl_is_alnum(text.p[end]))
			return true;
	}
	return false;
}

/* Any prefix, any byte cut out or changed: no crash, and never the address as it stands. */
static void damaged_texts(void **state)
{
	(void)state;
	static const char text[] = "x%40y two%40spam.example dHdvQHNwYW0uZXhhbXBsZQ== "
				   "74776f407370616d2e6578616d706c65 a@honey.example %25%2540=@=";
	struct sl_redact *redact = make();
	struct sl_arena *arena = sl_arena_new(0);
	for (size_t n = 0; n < sizeof(text); n++) {
		for (unsigned c = 0; c < 256; c += 5) {
			char copy[sizeof(text)];
			memcpy(copy, text, sizeof(text));
			copy[n] = (char)c;
			struct sl_span out = sl_redact_text(redact, arena, sl_span_of(copy, n + 1));
			assert_true(sl_span_ifind(out, SL_SPAN("two@spam.example"), 0) < 0);
			assert_false(stands_in(out, SL_SPAN("a@honey.example")));
			sl_arena_reset(arena);
		}
	}
	sl_arena_free(&arena);
	sl_redact_free(&redact);
}

static void without_traps_nothing_changes(void **state)
{
	(void)state;
	struct sl_config config;
	memset(&config, 0, sizeof(config));
	struct sl_redact *redact = sl_redact_new(&config);
	struct sl_arena *arena = sl_arena_new(0);
	struct sl_span in = SL_SPAN("two@spam.example");
	assert_ptr_equal(sl_redact_text(redact, arena, in).p, in.p);
	sl_arena_free(&arena);
	sl_redact_free(&redact);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(hashed_forms),
		cmocka_unit_test(damaged_texts),
		cmocka_unit_test(without_traps_nothing_changes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
