/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "pipeline/policy.h"

static struct sl_span text_of(const char *text, char out[46])
{
	struct sl_ip ip;
	if (!sl_ip_parse(sl_span_str(text), &ip))
		return SL_SPAN("bad");
	return sl_span_of(out, sl_ip_text(&ip, out));
}

static void parses_and_prints(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
		{ "1.2.3.4", "1.2.3.4" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "0.0.0.0", "0.0.0.0" },
		{ "2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
		{ "2A00:0000:0000:0000:0000:0000:0000:00ff", "2a00::ff" },
		{ "::", "::" },
		{ "::1", "::1" },
		{ "1::", "1::" },
		{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
		{ "::ffff:5.6.7.8", "5.6.7.8" },
		{ "::ffff:506:708", "5.6.7.8" },
		{ "0:0:0:0:0:ffff:5.6.7.8", "5.6.7.8" },
		{ "64:ff9b::1.2.3.4", "64:ff9b::102:304" },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		char out[46];
		CHECK_SPAN_ROW(text_of(rows[i][0], out), rows[i][1], i);
	}
}

static void refuses(void **state)
{
	(void)state;
	static const char *const rows[] = { "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.04",
		"1.2.3.", ".1.2.3", "1.2.3.4 ", "0x1.2.3.4", "1.2.3.-4", ":", ":::", "1:::2",
		"1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
		"1:2:3:4:5:6:7:8::", "12345::", "g::1", "1:", ":1", "::1.2.3", "::1.2.3.4:5",
		"1:2:3:4:5:6:7:1.2.3.4", "fe80::1%eth0", "[::1]", "1.2.3.4/8" };
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		char out[46];
		CHECK_SPAN_ROW(text_of(rows[i], out), "bad", i);
	}
}

static void knows_public(void **state)
{
	(void)state;
	static const struct {
		const char *ip;
		bool is_public;
	} rows[] = { { "8.8.8.8", true }, { "9.255.255.255", true }, { "10.0.0.0", false },
		{ "11.0.0.0", true }, { "100.63.255.255", true }, { "100.64.0.0", false },
		{ "100.127.255.255", false }, { "100.128.0.0", true }, { "127.9.9.9", false },
		{ "169.254.0.1", false }, { "172.15.0.1", true }, { "172.16.0.1", false },
		{ "172.31.0.1", false }, { "172.32.0.1", true }, { "192.0.0.9", false },
		{ "192.0.2.1", false }, { "192.168.1.1", false }, { "192.169.1.1", true },
		{ "198.18.0.1", false }, { "198.19.255.1", false }, { "198.20.0.1", true },
		{ "198.51.100.7", false }, { "203.0.113.7", false }, { "224.0.0.1", false },
		{ "255.255.255.255", false }, { "0.1.2.3", false }, { "::1", false },
		{ "::", false }, { "fe80::1", false }, { "fd12::1", false }, { "ff02::1", false },
		{ "2001:db8::1", false }, { "2001::1", false }, { "2001:200::1", true },
		{ "2a00:1450::1", true }, { "2002:a00:1::", false }, { "2002:808:808::", true },
		{ "3fff:1::", false }, { "64:ff9b::808:808", true }, { "64:ff9b::a00:1", false },
		{ "4000::1", false }, { "::ffff:10.0.0.1", false } };
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_ip ip;
		assert_true(sl_ip_parse(sl_span_str(rows[i].ip), &ip));
		if (sl_ip_is_public(&ip) != rows[i].is_public)
			fail_msg("%s", rows[i].ip);
	}
	struct sl_ip none = { 0 };
	char text[46];
	assert_false(sl_ip_is_public(&none));
	assert_int_equal(sl_ip_text(&none, text), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_and_prints),
		cmocka_unit_test(refuses),
		cmocka_unit_test(knows_public),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
