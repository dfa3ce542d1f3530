/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "pipeline/base/digest.h"

enum { LONG = 20000 };

static void check_hex(const uint8_t *bytes, size_t n, const char *want)
{
	char got[65];
	assert_true(2 * n < sizeof(got));
	for (size_t i = 0; i < n; i++)
		snprintf(got + 2 * i, 3, "%02x", bytes[i]);
	assert_string_equal(got, want);
}

/* FIPS 180-4 and RFC 1321, by their examples. */
static void knows_the_examples(void **state)
{
	struct sl_file_digests d;
	(void)state;
	sl_file_digests(SL_SPAN_NULL, &d);
	check_hex(d.md5.b, sizeof(d.md5.b), "d41d8cd98f00b204e9800998ecf8427e");
	check_hex(d.sha1.b, sizeof(d.sha1.b), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
	check_hex(d.sha256.b, sizeof(d.sha256.b),
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	sl_file_digests(SL_SPAN("abc"), &d);
	check_hex(d.md5.b, sizeof(d.md5.b), "900150983cd24fb0d6963f7d28e17f72");
	check_hex(d.sha1.b, sizeof(d.sha1.b), "a9993e364706816aba3e25717850c26c9cd0d89d");
	check_hex(d.sha256.b, sizeof(d.sha256.b),
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void check_twins(struct sl_span s)
{
	struct sl_file_digests one, other;
	sl_file_digests(s, &one);
	sl_file_digests_plain(s, &other);
	if (memcmp(&one, &other, sizeof(one)) != 0)
		fail_msg("%zu bytes", s.n);
}

static void agrees_with_its_twin(void **state)
{
	static char bytes[LONG];
	uint32_t seed = 5;
	(void)state;
	for (size_t i = 0; i < LONG; i++) {
		seed = seed * 1664525 + 1013904223;
		bytes[i] = (char)(seed >> 24);
	}
	for (size_t n = 0; n <= 300; n++)
		check_twins(sl_span_of(bytes + n, n));
	for (size_t n = LONG - 70; n <= LONG; n++)
		check_twins(sl_span_of(bytes, n));
	memset(bytes, 0xff, LONG);
	check_twins(sl_span_of(bytes, LONG));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(knows_the_examples),
		cmocka_unit_test(agrees_with_its_twin) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
