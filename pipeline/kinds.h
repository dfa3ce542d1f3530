/* SPDX-License-Identifier: Apache-2.0 */
/* kinds.h - the closed vocabularies of records: kinds, roles, views, flags, and their names.
 *
 * Numbers are what the store keeps: a value is only ever added at the end. Names are what the
 * outputs print (docs/FORMATS.md). All functions are O(1) and never fail.
 */
#ifndef SL_KINDS_H
#define SL_KINDS_H

#include "base/span.h"

/* What an indicator is. */
enum sl_kind {
	SL_KIND_URL,
	SL_KIND_HOST,
	SL_KIND_DOMAIN,
	SL_KIND_IPV4,
	SL_KIND_IPV6,
	SL_KIND_EMAIL,
	SL_KIND_SHA256,
	SL_KIND_BTC,
	SL_KIND_ETH,
	SL_KIND_XMR,
	SL_KIND_LTC,
	SL_KIND_TRX,
	SL_KIND_DOGE,
	SL_KIND_SOL,
	SL_KIND_PHONE,
	SL_KINDS
};

/* Why it is there. */
enum sl_role {
	SL_ROLE_SENDING_IP,
	SL_ROLE_RELAY,
	SL_ROLE_SENDER,
	SL_ROLE_RETURN_PATH,
	SL_ROLE_REPLY_TO,
	SL_ROLE_MESSAGE_ID,
	SL_ROLE_UNSUBSCRIBE,
	SL_ROLE_LINK, /* opened by a click, or auto-linked text */
	SL_ROLE_FORM,
	SL_ROLE_REFRESH,
	SL_ROLE_EMBED,
	SL_ROLE_IMAGE,   /* fetched without a click */
	SL_ROLE_WRAPPER, /* a redirector whose target is known */
	SL_ROLE_TARGET,  /* what a wrapper leads to */
	SL_ROLE_OPAQUE,  /* a redirector whose target cannot be had offline */
	SL_ROLE_DISPLAY, /* host shown as the text of a link that leads elsewhere */
	SL_ROLE_MENTION, /* not clickable: defanged, in a display name, in a mailto body */
	SL_ROLE_NAMESPACE,
	SL_ROLE_ATTACHMENT,
	SL_ROLE_QR,
	SL_ROLES
};

/* Which reading of the message showed it. */
enum sl_view_kind {
	SL_VIEW_HEADER,
	SL_VIEW_TEXT,
	SL_VIEW_HTML,
	SL_VIEW_HIDDEN, /* HTML text that a reader does not see */
	SL_VIEW_RAW,    /* bytes of a leaf, not decoded */
	SL_VIEW_PDF,
	SL_VIEW_OFFICE,
	SL_VIEW_QR,
	SL_VIEWS
};

/* Flags of one indicator: how it was written. Bit numbers. */
enum sl_ind_flag {
	SL_IND_USERINFO,
	SL_IND_PORT,
	SL_IND_IP,
	SL_IND_IP_OBFUSCATED,
	SL_IND_IDN,
	SL_IND_MIXED_SCRIPT,
	SL_IND_MAPPED,
	SL_IND_PCT_HOST,
	SL_IND_BACKSLASH,
	SL_IND_CTL,
	SL_IND_ENTITY,
	SL_IND_BASE,
	SL_IND_SCHEMELESS,
	SL_IND_DEFANGED,
	SL_IND_MISMATCH,
	SL_IND_SCRIPT,
	SL_IND_DATA,
	SL_IND_MAILTO,
	SL_IND_INTENT,
	SL_IND_MSO,
	SL_IND_CSS,
	SL_IND_TRUNCATED,
	SL_IND_FLAGS
};

/* Flags of one message: what was odd, and every limit that was hit. Bit numbers. */
enum sl_msg_flag {
	SL_MSG_LIMIT_MESSAGE, /* one per limit, in the order of limits.h */
	SL_MSG_LIMIT_HEADER_BLOCK,
	SL_MSG_LIMIT_HEADER_LINE,
	SL_MSG_LIMIT_HEADERS,
	SL_MSG_LIMIT_FOLDS,
	SL_MSG_LIMIT_COLONS,
	SL_MSG_LIMIT_ADDRESSES,
	SL_MSG_LIMIT_PARAMETERS,
	SL_MSG_LIMIT_BOUNDARY,
	SL_MSG_LIMIT_DEPTH,
	SL_MSG_LIMIT_PARTS,
	SL_MSG_LIMIT_DECODED,
	SL_MSG_LIMIT_HTML,
	SL_MSG_LIMIT_HTML_DEPTH,
	SL_MSG_LIMIT_TAGS,
	SL_MSG_LIMIT_URLS,
	SL_MSG_LIMIT_RECEIVED,
	SL_MSG_LIMIT_EMBEDDED,
	SL_MSG_NO_HEADER,        /* no header field at all */
	SL_MSG_DATE_IMPLAUSIBLE, /* Date differs from the received time by more than 2 days */
	SL_MSG_RAW_8BIT,         /* raw 8-bit bytes in a header */
	SL_MSG_CHARSET_REPAIRED, /* the label was wrong; another charset was used */
	SL_MSG_CHARSET_LOSS,     /* some bytes could not be decoded (U+FFFD) */
	SL_MSG_MIME_DAMAGED,     /* boundary missing, cut, or encoding invalid */
	SL_MSG_AMBIGUOUS,        /* views differ */
	SL_MSG_FORGED_RECEIVED,
	SL_MSG_MULTI_FROM,
	SL_MSG_FROM_MISMATCH, /* From and Return-Path have different registered domains */
	SL_MSG_REPLY_MISMATCH,
	SL_MSG_BRAND_SPOOFED,   /* a brand is named that the sender's domain does not own */
	SL_MSG_ADDRESS_IN_NAME, /* display name holds an address or host of another domain */
	SL_MSG_BIDI,
	SL_MSG_INVISIBLE,
	SL_MSG_MIXED_SCRIPT,
	SL_MSG_HIDDEN_TEXT,
	SL_MSG_BACKSCATTER, /* bounce, challenge or delivery report */
	SL_MSG_AUTO_REPLY,
	SL_MSG_LIST, /* came through a mailing list */
	SL_MSG_EMPTY_TEXT,
	SL_MSG_CRASHED, /* parsed by the byte scanner only (cells, see docs) */
	SL_MSG_FLAGS
};

const char *sl_kind_name(enum sl_kind kind);
const char *sl_role_name(enum sl_role role);
const char *sl_view_name(enum sl_view_kind view);
const char *sl_ind_flag_name(enum sl_ind_flag flag);
const char *sl_msg_flag_name(enum sl_msg_flag flag);

#define SL_BIT(n) ((uint64_t)1 << (n))
/* All flags of enum sl_msg_flag that say that a limit was hit. */
#define SL_MSG_LIMITS (SL_BIT(SL_MSG_LIMIT_EMBEDDED + 1) - 1)

#endif
