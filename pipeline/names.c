/* SPDX-License-Identifier: Apache-2.0 */
/* names.c - printed names of the small enumerations of the record and dossier headers. */
#include "dossier.h"
#include "source.h"

const char *sl_ip_reason_name(enum sl_ip_reason reason)
{
	static const char *const names[SL_IP_REASONS] = { "no_received", "boundary", "top_hop",
		"private_only", "no_peer_ip", "envelope", "learned" };
	sl_assert((unsigned)reason < SL_IP_REASONS);
	return names[reason];
}

const char *sl_status_name(enum sl_status status)
{
	static const char *const names[] = { "new", "ongoing", "returned" };
	sl_assert((unsigned)status < SL_LEN(names));
	return names[status];
}

const char *sl_evidence_name(enum sl_evidence evidence)
{
	static const char *const names[SL_EVIDENCES] = { "variant", "text", "text-lure",
		"text-anchor", "lure", "form", "file", "analyst" };
	sl_assert((unsigned)evidence < SL_EVIDENCES);
	return names[evidence];
}

const char *sl_evidence_text(enum sl_evidence evidence)
{
	static const char *const texts[SL_EVIDENCES] = {
		"equal text once recipient, links, numbers and dates are masked",
		"most of the text is the same",
		"part of the text is the same, and so are subject or sender name",
		"part of the text is the same, and it names the same amount, phone or account",
		"hardly any text, but the same subject and sender name",
		"hardly any text, but the same layout and the same subject or sender name",
		"the same attached file, and the same subject or sender name",
		"an analyst said that they belong together"
	};
	sl_assert((unsigned)evidence < SL_EVIDENCES);
	return texts[evidence];
}
