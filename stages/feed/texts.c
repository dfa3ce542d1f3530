/* SPDX-License-Identifier: Apache-2.0 */
#include "texts.h"

#include "pipeline/kinds.h"

static const char *const texts[SL_TEXTS][SL_LANGUAGES] = {
	[SL_TEXT_TITLE_MAIL] = { "Analysis of one mail" },
	[SL_TEXT_TITLE_CAMPAIGN] = { "Campaign {0}" },
	[SL_TEXT_HEAD_SENDER] = { "Who it claims to be from" },
	[SL_TEXT_HEAD_ORIGIN] = { "Where it came from" },
	[SL_TEXT_HEAD_AUTH] = { "What vouches for the sender" },
	[SL_TEXT_HEAD_BODY] = { "What it says" },
	[SL_TEXT_HEAD_LINKS] = { "Where it leads" },
	[SL_TEXT_HEAD_FILES] = { "Attachments" },
	[SL_TEXT_HEAD_VERDICT] = { "Verdict" },
	[SL_TEXT_HEAD_EXEMPLAR] = { "The first mail of it" },
	[SL_TEXT_HEAD_TEMPLATE] = { "Template" },
	[SL_TEXT_HEAD_WHY] = { "Why these mails belong together" },
	[SL_TEXT_HEAD_TIMELINE] = { "Timeline" },
	[SL_TEXT_HEAD_SENDERS] = { "Senders and subjects" },
	[SL_TEXT_HEAD_INFRASTRUCTURE] = { "Sent from" },
	[SL_TEXT_HEAD_INDICATORS] = { "Indicators (messages, what to do and how sure, value, "
				      "rule)" },
	[SL_TEXT_HEAD_RELATIONS] = { "Related campaigns" },
	[SL_TEXT_HEAD_LINEAGE] = { "History of this campaign" },

	[SL_TEXT_SUBJECT] = { "Subject" },
	[SL_TEXT_DATE] = { "Date" },
	[SL_TEXT_RECEIVED] = { "Received" },
	[SL_TEXT_NAME_SHOWN] = { "Name shown" },
	[SL_TEXT_FROM] = { "From" },
	[SL_TEXT_RETURN_PATH] = { "Return-Path" },
	[SL_TEXT_REPLY_TO] = { "Reply-To" },
	[SL_TEXT_CLAIMS] = { "Assessment" },
	[SL_TEXT_SENT_FROM] = { "Sending address" },
	[SL_TEXT_CALLED_ITSELF] = { "Called itself" },
	[SL_TEXT_REVERSE_NAME] = { "Reverse name" },
	[SL_TEXT_CLAIMED_ONLY] = { "Only claimed" },
	[SL_TEXT_COUNTRY] = { "Country" },
	[SL_TEXT_NETWORK] = { "Network" },
	[SL_TEXT_BLOCK_LISTS] = { "Block lists" },
	[SL_TEXT_RESULTS] = { "Results" },
	[SL_TEXT_WRITTEN_BY] = { "Written by" },
	[SL_TEXT_DECODED_FROM] = { "Decoded from" },
	[SL_TEXT_LANGUAGE] = { "Language" },
	[SL_TEXT_IT_SAYS] = { "In short" },
	[SL_TEXT_LINK] = { "Link {0}" },
	[SL_TEXT_SHOWN_AS] = { "Shown as" },
	[SL_TEXT_HOST] = { "Host" },
	[SL_TEXT_DOMAIN] = { "Registered as" },
	[SL_TEXT_REGISTRAR] = { "Registrar" },
	[SL_TEXT_ADDRESS] = { "Resolves to" },
	[SL_TEXT_NOTE] = { "Note" },
	[SL_TEXT_REAL_SITE] = { "The real site" },
	[SL_TEXT_OTHER_LINKS] = { "Known sites" },
	[SL_TEXT_FILE] = { "File" },
	[SL_TEXT_VERDICT] = { "Verdict" },
	[SL_TEXT_BECAUSE] = { "Because" },
	[SL_TEXT_ID] = { "Id" },
	[SL_TEXT_ALIASES] = { "Earlier ids" },
	[SL_TEXT_NAME] = { "Name" },
	[SL_TEXT_STATUS] = { "Status" },
	[SL_TEXT_BRAND] = { "Claims to be" },
	[SL_TEXT_PRETEXT] = { "Pretext" },
	[SL_TEXT_LANGUAGES] = { "Languages" },
	[SL_TEXT_SEEN] = { "Seen" },
	[SL_TEXT_SIZE] = { "Size" },
	[SL_TEXT_CONFIDENCE] = { "Confidence" },
	[SL_TEXT_FOUND_AT] = { "Found at" },
	[SL_TEXT_WEAKEST] = { "Weakest link" },
	[SL_TEXT_SENDER_NAMES] = { "Names shown" },
	[SL_TEXT_SENDERS] = { "Addresses" },
	[SL_TEXT_SUBJECTS] = { "Subjects" },
	[SL_TEXT_MAILERS] = { "Mailers" },
	[SL_TEXT_ARCHIVES] = { "Archives" },

	[SL_TEXT_NONE] = { "none" },
	[SL_TEXT_UNKNOWN] = { "not known" },
	[SL_TEXT_EMPTY] = { "(empty)" },
	[SL_TEXT_NOT_ASKED] = { "not asked (offline)" },
	[SL_TEXT_NO_DATABASE] = { "not known: no database given (--mmdb)" },
	[SL_TEXT_NOT_FOUND] = { "not in {0}" },
	[SL_TEXT_MORE] = { "and {0} more" },
	[SL_TEXT_WITH_SOURCE] = { "{0} (by {1})" },
	[SL_TEXT_WITH_NOTE] = { "{0} - {1}" },
	[SL_TEXT_AS_NUMBER] = { "AS{0} {1}" },
	[SL_TEXT_DATE_BAD] = { "{0} - days away from when it was received" },

	[SL_TEXT_DOMAIN_OWN] = { "a domain of {0}" },
	[SL_TEXT_DOMAIN_FREEMAIL] = { "free mail, anybody can have one" },
	[SL_TEXT_DOMAIN_IMITATES] = { "imitates {0}" },
	[SL_TEXT_DOMAIN_DIFFERS] = { "another domain than From" },
	[SL_TEXT_CLAIM_OWN_PROVED] = { "It names {0}, From is in a domain of {0}, and the receiver "
				       "confirmed it." },
	[SL_TEXT_CLAIM_OWN_UNPROVED] = { "It names {0} and From is in a domain of {0}, but nothing "
					 "proves that {0} sent it: From is free to write." },
	[SL_TEXT_CLAIM_FALSE] = { "It names {0}, but From is in {1}, which is not {0}'s." },
	[SL_TEXT_CLAIM_NOBODY] = { "It names no known brand." },
	[SL_TEXT_ADDRESS_IN_NAME] = { "The name shown holds an address or host of another domain: "
				      "many mail programs show "
				      "only the name." },
	[SL_TEXT_MANY_FROM] = { "There is more than one From address; programs differ in which "
				"they show." },

	[SL_TEXT_IP_BOUNDARY] = { "Out of Received line {0} of {1}, counted from the top: the line "
				  "that the trap's own receiver wrote about who connected." },
	[SL_TEXT_IP_TOP_HOP] = { "Out of Received line {0} of {1}, the topmost with a public "
				 "address. No line is by a receiver that --trust names, so this is "
				 "a guess." },
	[SL_TEXT_IP_PRIVATE_ONLY] = { "All Received lines name private addresses only." },
	[SL_TEXT_IP_NO_PEER] = { "The receiver's Received line names no address." },
	[SL_TEXT_IP_NO_RECEIVED] = { "There is no Received line." },
	[SL_TEXT_IP_ENVELOPE] = { "Out of a header that the trap itself writes." },
	[SL_TEXT_IP_LEARNED] = { "Out of Received line {0} of {1}, counted from the top: the last "
				 "one that the trap's mails have in common." },
	[SL_TEXT_IP_FORGED] = { "Received lines below it contradict one another or what the "
				"receiver saw: they are forged." },

	[SL_TEXT_AUTH_NOBODY] = { "no receiver that is trusted wrote results" },

	[SL_TEXT_PART] = { "part {0}: {1}, {2}, charset {3}" },
	[SL_TEXT_PART_NO_CHARSET] = { "part {0}: {1}, {2}, no charset given" },
	[SL_TEXT_CHARSET_REPAIRED] = { "The charset label was wrong; the bytes were read as what "
				       "they are." },
	[SL_TEXT_CHARSET_LOSS] = { "Some bytes fit no charset and were lost." },
	[SL_TEXT_MIME_DAMAGED] = { "The MIME structure is damaged; what could be read was read." },
	[SL_TEXT_HIDDEN] = { "It holds text that a reader does not see." },
	[SL_TEXT_NO_TEXT] = { "nothing that can be read as text" },

	[SL_TEXT_NO_LINKS] = { "It holds no link." },
	[SL_TEXT_MISMATCH] = { "The text shows another host than the link opens." },
	[SL_TEXT_IMITATES] = { "The host imitates {0}." },
	[SL_TEXT_SHARED] = { "A platform that many share: block the address, not the domain." },
	[SL_TEXT_SHORTENER] = { "A link shortener." },
	[SL_TEXT_OPAQUE] = { "Where it leads cannot be known offline." },
	[SL_TEXT_WRAPPER] = { "A redirector; its target is below." },
	[SL_TEXT_TARGET] = { "Reached over a redirector." },
	[SL_TEXT_FORM] = { "A form in the mail sends what is typed there." },
	[SL_TEXT_REFRESH] = { "Opens by itself." },
	[SL_TEXT_QR] = { "Out of a QR code." },
	[SL_TEXT_IP_HOST] = { "The host is a bare address." },
	[SL_TEXT_USERINFO] = { "What stands before the @ is no host but decoration." },
	[SL_TEXT_DISGUISED] = { "The host is written in a disguise (look-alike letters, escapes, "
				"odd digits)." },
	[SL_TEXT_REAL_NONE] = { "no link leads to the real site of {0}" },
	[SL_TEXT_REAL_SOME] = { "{0} of its addresses are the real site of {1}: {2}" },
	[SL_TEXT_OTHER_SOME] = { "{0} more lead to sites that are never blocked: {1}" },

	[SL_TEXT_FILE_LINE] = { "{0} ({1}, {2} bytes)" },
	[SL_TEXT_LIMITS] = { "A limit was reached, so not all of the mail was looked at: {0}." },
	[SL_TEXT_VERDICT_LINE] = { "{0}, {1} of 100 sure" },
	[SL_TEXT_VERDICT_UNKNOWN] = { "No rule says enough about it." },

	[SL_TEXT_SEEN_RANGE] = { "{0} to {1}" },
	[SL_TEXT_SIZE_LINE] = { "{0} messages, {1} variants, {2} sightings, waves: {3}" },
	[SL_TEXT_OF_HUNDRED] = { "{0} of 100" },
	[SL_TEXT_PLACE] = { "{0} {1} no. {2}, {4} bytes at {3}" },
	[SL_TEXT_WEAKEST_LINE] = { "{0}, {1} of 1000, between variants {2} and {3}" },
	[SL_TEXT_FOUNDER_ONLY] = { "One variant only: all its mails have the same text once slots "
				   "are "
				   "masked." },
	[SL_TEXT_COUNTED] = { "{0}  {1}" },
	[SL_TEXT_NO_TIME] = { "No message has a time that can be trusted." },
	[SL_TEXT_BLOCK] = { "block {0}" },
	[SL_TEXT_DO_NOT_BLOCK] = { "leave" },
	[SL_TEXT_NO_RELATIONS] = { "None is known." },
	[SL_TEXT_LINEAGE_LINE] = { "night {0}: {1}, {2} messages" },
	[SL_TEXT_LINEAGE_OTHER] = { "night {0}: {1} {3}, {2} messages" },
};

struct named_text {
	const char *name;
	const char *texts[SL_LANGUAGES];
};

/* Rules of docs/VERDICTS.md. */
static const struct named_text reasons[] = {
	{ "bounce", { "It is a bounce or challenge for a mail that somebody else sent." } },
	{ "auto-reply", { "It is an automatic reply." } },
	{ "answers-by-itself", { "Its words are those of an automatic reply." } },
	{ "lookalike-link", { "A link's host imitates a known brand." } },
	{ "brand-spoofed", { "It names a brand, and the sender is not shown to be that brand." } },
	{ "lookalike-sender", { "The sender's domain imitates a known brand." } },
	{ "links-elsewhere", { "It speaks for a brand, yet its links lead to sites that are not "
			       "the brand's." } },
	{ "link-text-lies", { "The text of a link shows another host than the link opens." } },
	{ "sender-not-proved", { "It names a brand, and authentication of the sender failed." } },
	{ "pressure", { "It presses the reader to act." } },
	{ "much-pressure", { "It presses again and again, with a link to an unknown site." } },
	{ "address-link", { "A link goes to a bare address instead of a name." } },
	{ "hidden-host", { "A link hides its real host." } },
	{ "form-in-mail", { "A form in the mail sends what is typed to an unknown site." } },
	{ "qr-link", { "It asks to scan a QR code with a link." } },
	{ "page-attached", { "A web page is attached." } },
	{ "document-lure", { "The lure is in an attached document." } },
	{ "parcel-or-invoice", { "It speaks of a parcel or an invoice and links elsewhere." } },
	{ "disguised-text", { "Its text is disguised: mixed alphabets, reversed writing, or an "
			      "address in the name." } },
	{ "extortion", { "It threatens and wants to be paid in a cryptocurrency." } },
	{ "threat", { "It threatens." } },
	{ "wallet", { "It holds the address of a wallet." } },
	{ "advance-fee", { "It promises money from a stranger." } },
	{ "much-advance-fee", { "It promises money from a stranger in many words." } },
	{ "reply-to-freemail", { "Answers go to a free mail address that is not the sender's." } },
	{ "freemail-no-link", { "It comes from a free mail address and wants an answer." } },
	{ "call-this-number", { "It names a brand and wants to be called at a number." } },
	{ "program-attached", { "A program is attached." } },
	{ "archive-attached", { "An archive is attached under a pretext." } },
	{ "can-unsubscribe", { "One can unsubscribe from it." } },
	{ "sale-words", { "It sells something." } },
	{ "many-sale-words", { "It sells something in many words." } },
	{ "tracked-links", { "Its links go over a counter of clicks." } },
	{ "mailing-list", { "It came through a mailing list." } },
	{ "proved-sender", { "The sender is who it says it is, and one can unsubscribe." } },
	{ "real-sender", { "The brand itself sent it, and the receiver confirmed that." } },
	{ "own-links-only", { "All its links lead to the sender's own site." } },
};

static const char *const roles[SL_ROLES][SL_LANGUAGES] = {
	[SL_ROLE_SENDING_IP] = { "sent from" },
	[SL_ROLE_RELAY] = { "relay" },
	[SL_ROLE_SENDER] = { "sender" },
	[SL_ROLE_RETURN_PATH] = { "return path" },
	[SL_ROLE_REPLY_TO] = { "reply to" },
	[SL_ROLE_MESSAGE_ID] = { "message id" },
	[SL_ROLE_UNSUBSCRIBE] = { "unsubscribe" },
	[SL_ROLE_LINK] = { "link" },
	[SL_ROLE_FORM] = { "form" },
	[SL_ROLE_REFRESH] = { "opens by itself" },
	[SL_ROLE_EMBED] = { "embedded" },
	[SL_ROLE_IMAGE] = { "picture" },
	[SL_ROLE_WRAPPER] = { "redirector" },
	[SL_ROLE_TARGET] = { "behind a redirector" },
	[SL_ROLE_OPAQUE] = { "redirector, target unknown" },
	[SL_ROLE_DISPLAY] = { "shown, not linked" },
	[SL_ROLE_MENTION] = { "mentioned" },
	[SL_ROLE_NAMESPACE] = { "namespace" },
	[SL_ROLE_ATTACHMENT] = { "attachment" },
	[SL_ROLE_QR] = { "QR code" },
};

enum sl_language sl_language_of(const struct sl_config *config)
{
	static const char *const names[SL_LANGUAGES] = { "en" };
	for (unsigned i = 0; config->language && i < SL_LANGUAGES; i++) {
		if (strcmp(names[i], config->language) == 0)
			return (enum sl_language)i;
	}
	return SL_LANGUAGE_EN;
}

const char *sl_text(enum sl_language language, enum sl_text text)
{
	sl_assert(language < SL_LANGUAGES && text < SL_TEXTS);
	const char *found = texts[text][language];
	if (!found)
		found = texts[text][SL_LANGUAGE_EN];
	sl_assert(found);
	return found;
}

void sl_text_fill(struct sl_buf *to, enum sl_language language, enum sl_text text,
	const struct sl_span *args, size_t n)
{
	for (const char *p = sl_text(language, text); *p; p++) {
		if (p[0] == '{' && sl_is_digit(p[1]) && p[2] == '}') {
			size_t which = (size_t)(p[1] - '0');
			sl_assert(which < n);
			sl_buf_add(to, args[which]);
			p += 2;
		} else {
			sl_buf_char(to, *p);
		}
	}
}

void sl_text_reason(struct sl_buf *to, enum sl_language language, const char *rule)
{
	for (size_t i = 0; i < SL_LEN(reasons); i++) {
		if (strcmp(reasons[i].name, rule) == 0) {
			const char *text = reasons[i].texts[language];
			sl_buf_str(to, text ? text : reasons[i].texts[SL_LANGUAGE_EN]);
			return;
		}
	}
	for (; *rule; rule++)
		sl_buf_char(to, *rule == '-' ? ' ' : *rule);
}

const char *sl_text_role(enum sl_language language, unsigned role)
{
	sl_assert(role < SL_ROLES && language < SL_LANGUAGES);
	const char *found = roles[role][language];
	return found ? found : roles[role][SL_LANGUAGE_EN];
}
