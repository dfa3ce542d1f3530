/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "pipeline/base/digest.h"

static void check_hex(const uint8_t *bytes, size_t n, const char *want)
{
	char got[65];
	assert_true(2 * n < sizeof(got));
	for (size_t i = 0; i < n; i++)
		snprintf(got + 2 * i, 3, "%02x", bytes[i]);
	assert_string_equal(got, want);
}

struct digests {
	struct sl_sha256 sha256;
	struct sl_sha1 sha1;
	struct sl_md5 md5;
};

static struct digests digests_of(struct sl_span s)
{
	return (struct digests){ sl_sha256_of(s), sl_sha1_of(s), sl_md5_of(s) };
}

/* FIPS 180-4 and RFC 1321, by their examples. */
static void knows_the_examples(void **state)
{
	(void)state;
	struct digests d = digests_of(SL_SPAN_NULL);
	check_hex(d.md5.b, sizeof(d.md5.b), "d41d8cd98f00b204e9800998ecf8427e");
	check_hex(d.sha1.b, sizeof(d.sha1.b), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
	check_hex(d.sha256.b, sizeof(d.sha256.b),
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	d = digests_of(SL_SPAN("abc"));
	check_hex(d.md5.b, sizeof(d.md5.b), "900150983cd24fb0d6963f7d28e17f72");
	check_hex(d.sha1.b, sizeof(d.sha1.b), "a9993e364706816aba3e25717850c26c9cd0d89d");
	check_hex(d.sha256.b, sizeof(d.sha256.b),
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(knows_the_examples) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
