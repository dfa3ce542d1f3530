/* SPDX-License-Identifier: Apache-2.0 */
/* record.h - what one message taught us.
 *
 * A message record holds what its header says, a content record what its body says. Messages
 * with equal bodies share one content. Both are plain structs of numbers and spans; storage/codec.h
 * turns them into flat bytes and back. Spans point into the arena of whoever made the record, or
 * into the bytes it was decoded from. Text is valid UTF-8. Nothing in a record depends on another
 * message, on the clock, on the order of reading or on the network.
 */
#ifndef SL_RECORD_H
#define SL_RECORD_H

#include "base/clock.h"
#include "base/digest.h"
#include "base/hash.h"
#include "kinds.h"

/* An address; IPv4-mapped IPv6 is IPv4. */
struct sl_ip {
	uint8_t family; /* 0 none, 4, 6 */
	uint8_t b[16];  /* network order; the first 4 for IPv4 */
};

/* Where the bytes lie. */
struct sl_origin {
	struct sl_id archive;    /* store key of the archive's bytes */
	struct sl_span entry;    /* path inside, levels joined by '!'; empty for a plain file */
	uint64_t ordinal;        /* zero-based within its entry */
	uint64_t offset, length; /* the slice in the decompressed entry */
};

struct sl_indicator {
	enum sl_kind kind;
	enum sl_role role;
	enum sl_view_kind view;
	uint32_t part;         /* MIME leaf number from 0; 0 for headers */
	uint32_t flags;        /* bits of enum sl_ind_flag */
	struct sl_span value;  /* canonical */
	struct sl_span host;   /* A-label or address in text form; empty when it has none */
	struct sl_span domain; /* registered domain of host; empty when it has none */
};

struct sl_attachment {
	struct sl_span name; /* as the mail says it, decoded; may be empty */
	struct sl_span type; /* "application/pdf", lower case */
	uint32_t part;
	uint64_t size; /* decoded bytes */
	struct sl_sha256 sha256;
	struct sl_sha1 sha1;
	struct sl_md5 md5;
};

/* Why origin_ip is what it is; names in sl_ip_reason_name(). */
enum sl_ip_reason {
	SL_IP_NO_RECEIVED,
	SL_IP_BOUNDARY,
	SL_IP_TOP_HOP,
	SL_IP_PRIVATE_ONLY,
	SL_IP_NO_PEER_IP,
	SL_IP_ENVELOPE,
	SL_IP_LEARNED,
	SL_IP_REASONS
};
const char *sl_ip_reason_name(enum sl_ip_reason reason);

#define SL_HOP_NONE UINT32_MAX

/* Header level. */
struct sl_message {
	struct sl_id id;           /* unseeded hash of the raw message: its name in outputs */
	struct sl_id key;          /* seeded hash: its key in the store */
	struct sl_sha256 sha256;   /* zero where it was not computed: see exemplars.h */
	bool sha256_asked;         /* for all messages; else nobody can say which ones have it */
	struct sl_id parent;       /* id of the outer message of an embedded mail, else zero */
	struct sl_id content;      /* key of its content record */
	struct sl_id variant;      /* key of its variant (seeded) */
	struct sl_id variant_name; /* the same text, unseeded: its name in outputs */
	uint64_t size;             /* raw bytes */
	uint64_t flags;            /* bits of enum sl_msg_flag (header and body together) */
	int64_t date;              /* Date header, or SL_TIME_NONE */
	int64_t received; /* time of the Received line at the trust boundary, or SL_TIME_NONE */
	struct sl_span subject;
	struct sl_span from_name, from_addr, from_domain; /* domain: what follows the @, A-label */
	struct sl_span return_path, reply_to;             /* addresses; empty when absent */
	struct sl_span message_id;
	struct sl_ip origin_ip;
	enum sl_ip_reason origin_reason;
	uint32_t origin_hop;                     /* Received line, 0 = top, or SL_HOP_NONE */
	struct sl_span origin_helo, origin_rdns; /* what the boundary hop wrote; may be empty */
	struct sl_span *claimed;                 /* addresses only claimed */
	size_t n_claimed;
	struct sl_span *relays; /* peer addresses of all Received lines, top down */
	size_t n_relays;
	struct sl_span spf, dkim, dmarc, arc, auth_by; /* empty: not known */
	struct sl_span mailer;                         /* X-Mailer or User-Agent */
	struct sl_span language;                       /* "ja"; empty: not known */
	struct sl_span brand; /* id in data/brands.tsv of the party it claims to be; or empty */
	struct sl_span subject_norm, sender_norm; /* normalised and masked, for comparing */
	struct sl_indicator *indicators;          /* from headers */
	size_t n_indicators;
};

enum { SL_TAG_SKETCH = 32 };

/* Body level. */
struct sl_content {
	struct sl_id key;              /* seeded hash of the Content-* fields and the body bytes */
	uint64_t size;                 /* body bytes */
	uint64_t flags;                /* bits of enum sl_msg_flag that the body earned */
	enum sl_view_kind text_source; /* which view `norm` came from */
	struct sl_span norm;     /* normalised, masked text, lines ended by \n; cut at 16 KiB */
	struct sl_span *anchors; /* what masking took out and is rare: "phone:...", "amount:..." */
	size_t n_anchors;
	uint32_t html_tags;
	uint64_t skeleton;                  /* unseeded hash of the tag sequence; 0: no HTML */
	uint16_t tag_sketch[SL_TAG_SKETCH]; /* min-hash of tag 4-grams; all 0: no HTML */
	struct sl_span language;            /* guess from the text; empty: not known */
	struct sl_span *brands;             /* ids of brands named in the text, sorted */
	size_t n_brands;
	struct sl_attachment *attachments;
	size_t n_attachments;
	struct sl_indicator *indicators;
	size_t n_indicators;
};

/* One sighting of one message, as the per-message stages hand it to the committer. */
struct sl_result {
	uint32_t index;       /* message in the batch */
	struct sl_span inner; /* "" or the embedded path "!#ORDINAL/PART" behind the entry */
	uint64_t length;      /* of an embedded mail; else 0 (the batch knows) */
	int64_t time;         /* time of the message by this sighting, or SL_TIME_NONE */
	struct sl_message message;
	struct sl_content content;
};

#endif
