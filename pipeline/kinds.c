/* SPDX-License-Identifier: Apache-2.0 */
#include "kinds.h"

static const char *const kind_names[SL_KINDS] = { "url", "host", "domain", "ipv4", "ipv6", "email",
	"sha256", "btc", "eth", "xmr", "ltc", "trx", "doge", "sol", "phone" };

static const char *const role_names[SL_ROLES] = { "sending-ip", "relay", "sender", "return-path",
	"reply-to", "message-id", "unsubscribe", "link", "form", "refresh", "embed", "image",
	"wrapper", "target", "opaque", "display", "mention", "namespace", "attachment", "qr" };

static const char *const view_names[SL_VIEWS] = { "header", "text", "html", "hidden", "raw", "pdf",
	"office", "qr" };

static const char *const ind_flag_names[SL_IND_FLAGS] = { "userinfo", "port", "ip", "ip_obfuscated",
	"idn", "mixed_script", "mapped", "pct_host", "backslash", "ctl", "entity", "base",
	"schemeless", "defanged", "mismatch", "script", "data", "mailto", "intent", "mso", "css",
	"truncated" };

static const char *const msg_flag_names[SL_MSG_FLAGS] = { "limit-message", "limit-header-block",
	"limit-header-line", "limit-headers", "limit-folds", "limit-colons", "limit-addresses",
	"limit-parameters", "limit-boundary", "limit-depth", "limit-parts", "limit-decoded",
	"limit-html", "limit-html-depth", "limit-tags", "limit-urls", "limit-received",
	"limit-embedded", "no-header", "date-implausible", "raw-8bit", "charset-repaired",
	"charset-loss", "mime-damaged", "ambiguous", "forged-received", "multi-from",
	"from-mismatch", "reply-mismatch", "brand-spoofed", "address-in-name", "bidi", "invisible",
	"mixed-script", "hidden-text", "backscatter", "auto-reply", "list", "empty-text",
	"crashed" };

const char *sl_kind_name(enum sl_kind kind)
{
	sl_assert((unsigned)kind < SL_KINDS);
	return kind_names[kind];
}

const char *sl_role_name(enum sl_role role)
{
	sl_assert((unsigned)role < SL_ROLES);
	return role_names[role];
}

const char *sl_view_name(enum sl_view_kind view)
{
	sl_assert((unsigned)view < SL_VIEWS);
	return view_names[view];
}

const char *sl_ind_flag_name(enum sl_ind_flag flag)
{
	sl_assert((unsigned)flag < SL_IND_FLAGS);
	return ind_flag_names[flag];
}

const char *sl_msg_flag_name(enum sl_msg_flag flag)
{
	sl_assert((unsigned)flag < SL_MSG_FLAGS);
	return msg_flag_names[flag];
}
