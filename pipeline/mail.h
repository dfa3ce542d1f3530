/* SPDX-License-Identifier: Apache-2.0 */
/* mail.h - one message at work: what the per-message stages read and fill.
 *
 * Everything hangs on the arena of the message and is gone at its reset. One worker walks the
 * stages in order (header, parse, text, extract, brand, sketch); no stage touches the network,
 * the store, or another message. Stages never fail: they set flags.
 */
#ifndef SL_MAIL_H
#define SL_MAIL_H

#include "base/arena.h"
#include "config.h"
#include "record.h"
#include "tables.h"

/* One header field. `value` is raw: folds and encoded words are still in it. */
struct sl_field {
	struct sl_span name;
	struct sl_span value; /* behind the colon, without the final line end */
	uint64_t offset;      /* in the raw message */
};
enum { SL_FIELD_SLOTS = 64 };

/* One MIME leaf. `text` is only set for text/ types and text-like attachments. */
struct sl_part {
	uint32_t number; /* from 0, in order of appearance */
	uint32_t depth;
	struct sl_span type;    /* "text/html", lower case; "text/plain" when absent or broken */
	struct sl_span charset; /* as written, may be empty */
	struct sl_span name;    /* file name, decoded; may be empty */
	struct sl_span content_id;
	bool attachment;        /* Content-Disposition: attachment, or has a name, or is not text */
	bool embedded_mail;     /* message/rfc822 and its like: `decoded` is a raw message */
	struct sl_span raw;     /* bytes as they lie in the message, transfer-encoded */
	struct sl_span decoded; /* transfer encoding undone */
	struct sl_span text;    /* UTF-8 of a text part; HTML still as markup */
};

/* Text in which indicators are looked for. */
struct sl_view {
	enum sl_view_kind kind;
	uint32_t part;
	struct sl_span text; /* UTF-8 */
};

/* A URL-valued place of an HTML part, entities decoded, not resolved or normalised. */
struct sl_link {
	enum sl_role role; /* LINK FORM REFRESH EMBED IMAGE NAMESPACE */
	uint32_t part;
	uint32_t flags;      /* ENTITY, BASE, MSO, CSS, DATA, SCRIPT where the place says so */
	bool hidden;         /* the element is not visible */
	struct sl_span url;  /* as written */
	struct sl_span base; /* <base href> in force, or empty */
	struct sl_span text; /* visible text of the anchor, or empty */
};

struct sl_screen;

struct sl_mail {
	const struct sl_config *config;
	const struct sl_tables *tables;
	const struct sl_secret *secret;
	struct sl_arena *arena;
	struct sl_span raw, head, body; /* head without the empty line */
	int64_t from_time;              /* of the From_ line, or SL_TIME_NONE */
	int64_t member_time;            /* of the archive member, or SL_TIME_NONE */
	uint32_t depth;                 /* 0; 1 for a mail embedded in a mail ... */

	struct sl_field *fields;
	size_t n_fields;
	uint32_t field_slots[SL_FIELD_SLOTS]; /* the first field of a hash of names + 1, or 0 */
	uint32_t *field_next;                 /* of each field: the next one of its slot, alike */
	struct sl_part *parts;
	size_t n_parts, room_parts;
	struct sl_view *views;
	size_t n_views, room_views;
	struct sl_link *links;
	size_t n_links, room_links;
	struct sl_span visible; /* all text a reader sees, UTF-8, for --json `text` and languages */
	struct sl_span hidden;  /* the rest */

	struct sl_message message;
	struct sl_content content;
	size_t room_header_ind, room_body_ind; /* for sl_mail_add_indicator() */
	size_t n_urls;                         /* counted against limits->urls */
	uint64_t url_bytes;                    /* the same, against limits->url_bytes */
	uint64_t header_room, body_room;       /* bytes taken of sl_mail_take()'s bounds */
	/* one text, mostly `visible`, and what sl_unicode_fold() makes of it: kept for who needs it
	 * again */
	struct sl_span folded_from, folded;
	bool key_renamed; /* content.key leaves the names of boundaries out */
	bool known;       /* the content was learned from an equal body before: it is whole, and
			     nobody may write to it */
	void *finds;  /* e-mail and IP addresses that the URL stage came across; owned by views.c */
	void *seen;   /* set of indicators already added; owned by mail.c */
	int64_t time; /* time of the message by this sighting */
	struct sl_screen *screen; /* what may be looked at; owned by stages/parse/screen.c */
	/* no parser saw the body: number + 1 of the first view that is not of the header; else 0 */
	size_t rough;
};

/* Reset the struct for a new message; the arena must be empty. Never fails. */
void sl_mail_begin(struct sl_mail *mail, const struct sl_config *config,
	const struct sl_tables *tables, const struct sl_secret *secret, struct sl_arena *arena,
	struct sl_span raw);
/* The same for a message whose names (message.id, message.key) are known: it is not hashed. */
void sl_mail_begin_named(struct sl_mail *mail, const struct sl_config *config,
	const struct sl_tables *tables, const struct sl_secret *secret, struct sl_arena *arena,
	struct sl_span raw, const struct sl_id *id, const struct sl_id *key);

/* Give the mail its fields, so that they are found by name. */
void sl_mail_set_fields(struct sl_mail *mail, struct sl_field *fields, size_t n);
/* The first field of that name (case ignored), or NULL; the next one of the name of `field`.
 * Average O(length of the name). */
const struct sl_field *sl_mail_field(const struct sl_mail *mail, const char *name);
const struct sl_field *sl_mail_next_field(const struct sl_mail *mail, const struct sl_field *field);

/* What lists in a record may take, whatever the options say: a result must not be much larger than
 * the mail it is of (pipeline/batch.h counts on it). The bound follows the bytes of the header, or
 * of the body, and nothing else: equal bodies have equal contents. */
enum {
	SL_MAIL_ROOM_FLOOR = 64 * 1024,
	SL_MAIL_BODY_FACTOR = 16,
	SL_MAIL_HEADER_FACTOR = 8,
	SL_MAIL_BODY_MOST = 8 << 20,
	SL_MAIL_HEADER_MOST = 1 << 20
};
/* Take `bytes` of the room of the header's or the body's record; false: there is not so much. */
bool sl_mail_take(struct sl_mail *mail, bool header, size_t bytes) SL_MUST_CHECK;

/* Add an indicator unless the same (kind, value, role, view, part) is there already; flags are
 * then united. Spans are borrowed: they must live in the arena or the raw bytes. Indicators of view
 * HEADER go to the message, all others to the content. NULL when the record has no room for it:
 * flagged limit-urls. Average O(1). */
struct sl_indicator *sl_mail_add_indicator(struct sl_mail *mail, const struct sl_indicator *add);

void sl_mail_add_view(
	struct sl_mail *mail, enum sl_view_kind kind, uint32_t part, struct sl_span text);

/* Set a message flag that headers earned (message) or the body earned (content). */
static inline void sl_mail_flag_header(struct sl_mail *mail, enum sl_msg_flag flag)
{
	mail->message.flags |= SL_BIT(flag);
}
static inline void sl_mail_flag_body(struct sl_mail *mail, enum sl_msg_flag flag)
{
	mail->content.flags |= SL_BIT(flag);
}

#endif
