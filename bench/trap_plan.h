/* SPDX-License-Identifier: Apache-2.0 */
/* trap_plan.h - which mail is what: a function of seed, options and number, without a memory.
 *
 *   family     a kit: language, pretext, wording, HTML frame, encodings, size
 *   campaign   a kit used with one brand; `kit` campaigns in a row are one family
 *   original   one body made for a campaign: its links, its person, its amounts
 *   mail       a copy of an original; the copies of `burst` originals come in mixed order
 *
 * No two campaigns have brand, language and pretext in common (as long as there are at most 30
 * for each brand), so that what is a campaign in the truth is one by the project's definition too.
 */
#ifndef TRAP_PLAN_H
#define TRAP_PLAN_H

#include "trap_dice.h"
#include "trap_tongue.h"

struct trap_options {
	uint64_t mails, campaigns, copies, burst, brands, kit, headers, mean, median, shards,
		member, seed;
	uint32_t identical, rotated, url_tokens, coded_tokens; /* of copies */
	uint32_t attachments, text_only, encoded, crlf;        /* of families */
	uint32_t busters, padding;                             /* of originals */
	const char *languages, *format, *truth, *brands_file;
};

/* What the dice are thrown for. */
enum trap_purpose {
	TRAP_DICE_ORDER = 11,
	TRAP_DICE_DEAL,
	TRAP_DICE_FAMILY,
	TRAP_DICE_STORY,
	TRAP_DICE_FRAME,
	TRAP_DICE_CAMPAIGN,
	TRAP_DICE_MACHINE,
	TRAP_DICE_ORIGINAL,
	TRAP_DICE_PADDING,
	TRAP_DICE_FILE,
	TRAP_DICE_COPY,
	TRAP_DICE_HEADER,
	TRAP_DICE_BRANDS
};

enum trap_coding { TRAP_CLEAR, TRAP_QUOTED, TRAP_BASE64 };
enum trap_shape { TRAP_TEXT, TRAP_HTML, TRAP_ALTERNATIVE, TRAP_RELATED };

struct trap_family {
	const struct trap_tongue *tongue;
	const struct trap_lure *lure;
	const char *charset;
	enum trap_shape shape;
	enum trap_coding text_coding, html_coding;
	uint32_t frame;
	uint64_t size; /* of the body, about */
	bool crlf, attachments;
};

struct trap_mail {
	uint64_t number, original, copy, campaign, family_number, brand;
	int64_t time;
	bool rotated, url_tokens, coded_tokens, busters, padding;
	struct trap_family family;
};

/* Defaults that hang on others; false and a reason when the options contradict one another. */
bool trap_plan_settle(struct trap_options *options, const char **why_r);
/* O(1). */
void trap_plan_mail(const struct trap_options *options, uint64_t number, struct trap_mail *mail_r);

#endif
