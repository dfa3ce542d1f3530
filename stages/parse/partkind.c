/* SPDX-License-Identifier: Apache-2.0 */
#include "partkind.h"

struct rule {
	const char *text;
	enum sl_part_kind kind;
};

static const struct rule types[] = {
	{ "text/html", SL_PART_HTML },
	{ "text/x-html", SL_PART_HTML },
	{ "application/xhtml+xml", SL_PART_HTML },
	{ "image/svg+xml", SL_PART_HTML },
	{ "message/rfc822", SL_PART_MAIL },
	{ "message/global", SL_PART_MAIL },
	{ "message/news", SL_PART_MAIL },
	{ "message/delivery-status", SL_PART_TEXT },
	{ "message/disposition-notification", SL_PART_TEXT },
	{ "message/feedback-report", SL_PART_TEXT },
	{ "message/external-body", SL_PART_TEXT },
	{ "application/xml", SL_PART_TEXT },
	{ "application/json", SL_PART_TEXT },
	{ "application/ld+json", SL_PART_TEXT },
	{ "application/javascript", SL_PART_TEXT },
	{ "application/x-javascript", SL_PART_TEXT },
	{ "application/ics", SL_PART_TEXT },
	{ "application/internet-shortcut", SL_PART_TEXT },
	{ "application/x-url", SL_PART_TEXT },
};

static const struct rule endings[] = {
	{ ".html", SL_PART_HTML },
	{ ".htm", SL_PART_HTML },
	{ ".shtml", SL_PART_HTML },
	{ ".xhtml", SL_PART_HTML },
	{ ".xht", SL_PART_HTML },
	{ ".svg", SL_PART_HTML },
	{ ".hta", SL_PART_HTML },
	{ ".eml", SL_PART_MAIL },
	{ ".txt", SL_PART_TEXT },
	{ ".csv", SL_PART_TEXT },
	{ ".ics", SL_PART_TEXT },
	{ ".vcf", SL_PART_TEXT },
	{ ".xml", SL_PART_TEXT },
	{ ".json", SL_PART_TEXT },
	{ ".js", SL_PART_TEXT },
	{ ".vbs", SL_PART_TEXT },
	{ ".ps1", SL_PART_TEXT },
	{ ".bat", SL_PART_TEXT },
	{ ".cmd", SL_PART_TEXT },
	{ ".url", SL_PART_TEXT },
	{ ".log", SL_PART_TEXT },
};

/* Names tell nothing about these, whatever they end in. */
static bool is_binary_type(struct sl_span type)
{
	return sl_span_starts(type, SL_SPAN("image/")) || sl_span_starts(type, SL_SPAN("audio/")) ||
	       sl_span_starts(type, SL_SPAN("video/")) || sl_span_starts(type, SL_SPAN("font/"));
}

static bool begins_as_page(struct sl_span s)
{
	if (sl_span_starts(s, SL_SPAN("\xef\xbb\xbf")))
		s = sl_span_from(s, 3);
	s = sl_span_trim(sl_span_head(s, 512));
	return sl_span_istarts(s, SL_SPAN("<!doctype html")) ||
	       sl_span_istarts(s, SL_SPAN("<html")) || sl_span_istarts(s, SL_SPAN("<svg"));
}

enum sl_part_kind sl_part_kind(const struct sl_part *part)
{
	for (size_t i = 0; i < SL_LEN(types); i++)
		if (sl_span_eq(part->type, sl_span_str(types[i].text)))
			return types[i].kind;
	bool text = sl_span_starts(part->type, SL_SPAN("text/"));
	if (!is_binary_type(part->type) && !text)
		for (size_t i = 0; i < SL_LEN(endings); i++)
			if (sl_span_iends(part->name, sl_span_str(endings[i].text)))
				return endings[i].kind;
	if (part->attachment && begins_as_page(part->decoded))
		return SL_PART_HTML;
	return text ? SL_PART_TEXT : SL_PART_FILE;
}
