/* SPDX-License-Identifier: Apache-2.0 */
#include "extract.h"

static void headers_and_text(void **state)
{
	struct sl_span relays[] = { SL_SPAN("91.7.44.3"), SL_SPAN("10.0.0.1"),
		SL_SPAN("2a00:1450:4009::200E"), SL_SPAN("nonsense") };
	struct desk *desk = *state;
	desk_clear(desk);
	struct sl_message *m = &desk->mail.message;
	m->origin_ip = (struct sl_ip){ 4, { 91, 7, 44, 3 } };
	m->relays = relays;
	m->n_relays = SL_LEN(relays);
	desk_text(desk, SL_VIEW_TEXT, "from 91.7.44.9 and 91[.]7[.]44[.]8, not 192.168.7.7");
	desk_run(desk, &sl_stage_ip);
	CHECK_SPAN(desk_list(desk, SL_KIND_IPV4),
		"91.7.44.3 sending-ip | 91.7.44.9 mention | 91.7.44.8 mention");
	CHECK_SPAN(desk_list(desk, SL_KIND_IPV6), "2a00:1450:4009::200e relay");
	CHECK_SPAN(desk_flags(desk, desk->mail.content.indicators[1].flags), "defanged");
}

static void addresses_that_nobody_reaches(void **state)
{
	struct desk *desk = *state;
	desk_clear(desk);
	desk->mail.message.origin_ip = (struct sl_ip){ 4, { 192, 168, 1, 1 } };
	desk_link(desk, SL_ROLE_LINK, "http://192.168.1.1/x", "");
	desk_run(desk, &sl_stage_url);
	desk_run(desk, &sl_stage_ip);
	desk_run(desk, &sl_stage_host);
	desk_run(desk, &sl_stage_domain);
	CHECK_SPAN(desk_list(desk, SL_KIND_IPV4), "");
	CHECK_SPAN(desk_list(desk, SL_KIND_HOST), "");
	CHECK_SPAN(desk_list(desk, SL_KIND_DOMAIN), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(headers_and_text),
		cmocka_unit_test(addresses_that_nobody_reaches) };
	return cmocka_run_group_tests(tests, desk_set_up, desk_tear_down);
}
