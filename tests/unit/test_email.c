/* SPDX-License-Identifier: Apache-2.0 */
#include "extract.h"

static struct sl_span emails(struct desk *desk)
{
	desk_run(desk, &sl_stage_email);
	return desk_list(desk, SL_KIND_EMAIL);
}

static void header_addresses(void **state)
{
	struct desk *desk = *state;
	desk_clear(desk);
	desk->mail.message.from_addr = SL_SPAN("Ann@Kumo.Shop");
	desk->mail.message.return_path = SL_SPAN("bounce@kaze.shop");
	desk->mail.message.reply_to = SL_SPAN("a@b@kaze.shop");
	CHECK_SPAN(emails(desk), "ann@kumo.shop sender | bounce@kaze.shop return-path");
	desk_run(desk, &sl_stage_host);
	desk_run(desk, &sl_stage_domain);
	CHECK_SPAN(desk_list(desk, SL_KIND_HOST), "kumo.shop sender | kaze.shop return-path");
	CHECK_SPAN(desk_list(desk, SL_KIND_DOMAIN), "kumo.shop sender | kaze.shop return-path");
}

static void body_addresses(void **state)
{
	struct sl_field field = { SL_SPAN("List-Unsubscribe"),
		SL_SPAN("<https://kumo.shop/u>, <mailto:out@kumo.shop?subject=x>"), 0 };
	struct desk *desk = *state;
	desk_clear(desk);
	sl_mail_set_fields(&desk->mail, &field, 1);
	desk_text(desk, SL_VIEW_TEXT, "連絡先ann@kumo.shopまで http://kumo.shop/?a=bob@kumo.shop");
	desk_link(desk, SL_ROLE_LINK, "MailTo:Eve%40kumo.shop,dan@kaze.shop?body=x", "");
	CHECK_SPAN(emails(desk), "out@kumo.shop unsubscribe | eve@kumo.shop link | "
				 "dan@kaze.shop link | ann@kumo.shop mention");
	desk_run(desk, &sl_stage_host);
	CHECK_SPAN(desk_list(desk, SL_KIND_HOST), "");
}

static void own_addresses_are_left_out(void **state)
{
	struct desk *desk = *state;
	const char *own[] = { "Trap@Kumo.shop", "@kaze.shop" };
	struct sl_config config = desk->config;
	config.trap_addresses = (struct sl_strings){ own, SL_LEN(own) };
	desk_clear(desk);
	desk->mail.config = &config;
	desk_text(desk, SL_VIEW_TEXT, "trap@kumo.shop x@kaze.shop y@a.kaze.shop z@kumo.shop");
	CHECK_SPAN(emails(desk), "y@a.kaze.shop mention | z@kumo.shop mention");
}

static void message_id_host(void **state)
{
	static const struct {
		const char *id, *found;
	} rows[] = { { "<1.2@Mail.Kumo.Shop>", "mail.kumo.shop message-id" },
		{ "1@kumo.shop", "kumo.shop message-id" }, { "<1@localhost>", "" },
		{ "<1@WIN-ABC.local>", "" }, { "<1@co.jp>", "" }, { "<1@[192.0.2.1]>", "" },
		{ "<1>", "" }, { "", "" }, { "@", "" } };
	struct desk *desk = *state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		desk_clear(desk);
		desk->mail.message.message_id = sl_span_str(rows[i].id);
		desk_run(desk, &sl_stage_host);
		CHECK_SPAN_ROW(desk_list(desk, SL_KIND_HOST), rows[i].found, i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(header_addresses),
		cmocka_unit_test(body_addresses), cmocka_unit_test(own_addresses_are_left_out),
		cmocka_unit_test(message_id_host) };
	return cmocka_run_group_tests(tests, desk_set_up, desk_tear_down);
}
