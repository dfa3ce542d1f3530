/* SPDX-License-Identifier: Apache-2.0 */
#include "unwrap.h"

#include "unwrap_decode.h"

#include <pthread.h>

/* How a service names its target. */
enum coding {
	PARAM,        /* in a parameter of the query: `names`, parted by spaces */
	PARAM_REST,   /* the same, but all that follows it belongs to the target */
	PARAM_TAGGED, /* in a parameter, two bytes behind its start (Bing's "a1") */
	PATH_REST,    /* the path behind the prefix, with the query */
	PATH_HOST,    /* "/amp/s/host/x": host and path behind the prefix */
	PATH_SEGMENT, /* one segment behind the prefix, escaped; `names`: scheme when it lacks one
		       */
	PATH_LAST,    /* somewhere in the path an escaped or base64 URL; the last such segment */
	PATH_RU,      /* a segment "RU=" of the path */
	QUERY_ALL,    /* the whole query */
	JSON_PARAM,   /* base64 of JSON in a parameter */
	DEFENSE2,
	DEFENSE3,
	UNDERSCORES, /* "___URL___." in the path */
	TRANSLATE,
	OPAQUE
};

struct service {
	struct sl_span
		host; /* suffix at a dot; "google." stands for all its countries, "*" for any */
	struct sl_span path; /* prefix */
	enum coding coding;
	const char *names;
};

#define S(text)                                                                                    \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}
static const struct service services[] = {
	{ S("safelinks.protection.outlook.com"), S("/"), PARAM, "url" },
	{ S("safelinks.protection.office365.us"), S("/"), PARAM, "url" },
	{ S("statics.teams.cdn.office.net"), S("/"), PARAM, "url" },
	{ S("urldefense.proofpoint.com"), S("/v1/"), PARAM, "u" },
	{ S("urldefense.proofpoint.com"), S("/v2/"), DEFENSE2, "u" },
	{ S("urldefense.proofpoint.com"), S("/v3/"), DEFENSE3, NULL },
	{ S("urldefense.com"), S("/v3/"), DEFENSE3, NULL },
	{ S("urldefense.com"), S("/v2/"), DEFENSE2, "u" },
	{ S("urldefense.com"), S("/v1/"), PARAM, "u" },
	{ S("urldefense.us"), S("/v3/"), DEFENSE3, NULL },
	{ S("urldefense.us"), S("/v2/"), DEFENSE2, "u" },
	{ S("google."), S("/url"), PARAM, "q url" },
	{ S("google."), S("/local_url"), PARAM, "q" },
	{ S("google."), S("/amp/s/"), PATH_HOST, "https" },
	{ S("google."), S("/amp/"), PATH_HOST, "http" },
	{ S("google."), S("/imgres"), PARAM, "imgrefurl" },
	{ S("google."), S("/translate"), PARAM, "u" },
	{ S("google."), S("/aclk"), PARAM_REST, "adurl" },
	{ S("google."), S("/pagead/"), PARAM_REST, "adurl" },
	{ S("google."), S("/linkredirect"), PARAM, "dest" },
	{ S("google."), S("/gwt/"), PARAM, "u" },
	{ S("googleweblight.com"), S("/"), PARAM, "lite_url u" },
	{ S("googleadservices.com"), S("/"), PARAM_REST, "adurl" },
	{ S("doubleclick.net"), S("/"), PARAM_REST, "adurl" },
	{ S("doubleclick.net"), S("/"), PARAM, "ds_dest_url dest" },
	{ S("doubleclick.net"), S("/ddm/"), QUERY_ALL, NULL },
	{ S("translate.goog"), S("/"), TRANSLATE, NULL },
	{ S("bing.com"), S("/ck/a"), PARAM_TAGGED, "u" },
	{ S("bing.com"), S("/"), PARAM, "redirecturl" },
	{ S("translatetheweb.com"), S("/"), PARAM, "a" },
	{ S("microsofttranslator.com"), S("/"), PARAM, "a" },
	{ S("youtube.com"), S("/redirect"), PARAM, "q" },
	{ S("youtube.com"), S("/attribution_link"), OPAQUE, NULL },
	{ S("linkedin.com"), S("/redir/"), PARAM, "url" },
	{ S("linkedin.com"), S("/safety/go"), PARAM, "url" },
	{ S("linkedin.com"), S("/slink"), OPAQUE, NULL },
	{ S("facebook.com"), S("/l.php"), PARAM, "u" },
	{ S("facebook.com"), S("/flx/warn"), PARAM, "u" },
	{ S("messenger.com"), S("/l.php"), PARAM, "u" },
	{ S("l.instagram.com"), S("/"), PARAM, "u" },
	{ S("l.threads.net"), S("/"), PARAM, "u" },
	{ S("l.workplace.com"), S("/l.php"), PARAM, "u" },
	{ S("vk.com"), S("/away"), PARAM, "to" },
	{ S("vk.ru"), S("/away"), PARAM, "to" },
	{ S("ok.ru"), S("/dk"), PARAM, "st.link" },
	{ S("t.umblr.com"), S("/redirect"), PARAM, "z" },
	{ S("out.reddit.com"), S("/"), PARAM, "url" },
	{ S("steamcommunity.com"), S("/linkfilter"), PARAM, "url u" },
	{ S("slack-redir.net"), S("/link"), PARAM, "url" },
	{ S("slack.com"), S("/openid/connect/login_initiate_redirect"), OPAQUE, NULL },
	{ S("disq.us"), S("/url"), PARAM, "url" },
	{ S("medium.com"), S("/r"), PARAM, "url" },
	{ S("pinterest.com"), S("/offsite"), PARAM, "url" },
	{ S("tiktok.com"), S("/link/v2"), PARAM, "target" },
	{ S("away.vk.com"), S("/"), PARAM, "to" },
	{ S("exit.sc"), S("/"), PARAM, "url" },
	{ S("href.li"), S("/"), QUERY_ALL, NULL },
	{ S("anonym.to"), S("/"), QUERY_ALL, NULL },
	{ S("nullrefer.com"), S("/"), QUERY_ALL, NULL },
	{ S("dereferer.me"), S("/"), QUERY_ALL, NULL },
	{ S("web.archive.org"), S("/web/"), PATH_LAST, NULL },
	{ S("yahoo.com"), S("/"), PATH_RU, NULL },
	{ S("yahoo.co.jp"), S("/"), PATH_RU, NULL },
	{ S("baidu.com"), S("/link"), OPAQUE, NULL },
	{ S("baidu.com"), S("/baidu.php"), OPAQUE, NULL },
	{ S("so.com"), S("/link"), OPAQUE, NULL },
	{ S("sogou.com"), S("/link"), OPAQUE, NULL },
	{ S("sinaurl.cn"), S("/"), OPAQUE, NULL },
	{ S("weibo.cn"), S("/sinaurl"), PARAM, "u toasturl" },
	{ S("link.zhihu.com"), S("/"), PARAM, "target" },
	{ S("link.csdn.net"), S("/"), PARAM, "target" },
	{ S("link.juejin.cn"), S("/"), PARAM, "target" },
	{ S("douban.com"), S("/link2"), PARAM, "url" },
	{ S("c.pc.qq.com"), S("/"), PARAM, "pfurl url" },
	{ S("mail.qq.com"), S("/cgi-bin/"), PARAM, "url gourl" },
	{ S("cr.naver.com"), S("/"), PARAM, "u" },
	{ S("cc.naver.com"), S("/"), PARAM, "u" },
	{ S("yandex.ru"), S("/clck/"), OPAQUE, NULL },
	{ S("sba.yandex.net"), S("/redirect"), PARAM, "url" },
	{ S("mandrillapp.com"), S("/track/click/"), JSON_PARAM, "p" },
	{ S("mjt.lu"), S("/lnk/"), PATH_LAST, NULL },
	{ S("pstmrk.it"), S("/3s/"), PATH_SEGMENT, "https" },
	{ S("pstmrk.it"), S("/2s/"), PATH_SEGMENT, "https" },
	{ S("pstmrk.it"), S("/3/"), PATH_SEGMENT, "http" },
	{ S("pstmrk.it"), S("/2/"), PATH_SEGMENT, "http" },
	{ S("awstrack.me"), S("/L0/"), PATH_SEGMENT, "https" },
	{ S("awstrack.me"), S("/CL0/"), PATH_SEGMENT, "https" },
	{ S("secure-web.cisco.com"), S("/"), PATH_LAST, NULL },
	{ S("clicktime.symantec.com"), S("/"), PARAM, "u" },
	{ S("clicktime.cloud.postoffice.net"), S("/"), PARAM, "u" },
	{ S("cudasvc.com"), S("/url"), PARAM, "a" },
	{ S("trendmicro.com"), S("/wis/clicktime/"), PARAM, "url" },
	{ S("tmurl.co"), S("/"), PARAM, "url" },
	{ S("protection.sophos.com"), S("/"), PARAM, "u" },
	{ S("fireeye.com"), S("/"), PARAM, "u" },
	{ S("esvalabs.com"), S("/"), PARAM, "u" },
	{ S("libraesva.com"), S("/"), PARAM, "u" },
	{ S("mimecast.com"), S("/"), PARAM, "url" },
	{ S("mimecast.com"), S("/s/"), OPAQUE, NULL },
	{ S("mimecast.com"), S("/r/"), OPAQUE, NULL },
	{ S("mimecastprotect.com"), S("/"), OPAQUE, NULL },
	{ S("emailprotection.link"), S("/"), OPAQUE, NULL },
	{ S("inky.com"), S("/link"), OPAQUE, NULL },
	{ S("mailanyone.net"), S("/"), OPAQUE, NULL },
	{ S("emltrk.com"), S("/"), OPAQUE, NULL },
	{ S("safelinks.protection.partner.outlook.cn"), S("/"), PARAM, "url" },
	{ S("safelink.emails.azure.net"), S("/redirect"), PARAM, "destination" },
	{ S("protect.checkpoint.com"), S("/"), UNDERSCORES, NULL },
	{ S("protect.checkpoint.com"), S("/"), OPAQUE, NULL },
	{ S("url.avanan.click"), S("/"), UNDERSCORES, NULL },
	{ S("url.avanan.click"), S("/"), OPAQUE, NULL },
	{ S("edgepilot.com"), S("/s/"), PARAM, "u" },
	{ S("defend.egress.com"), S("/"), PARAM, "Base64Url" },
	{ S("linkscan.io"), S("/"), PATH_LAST, NULL },
	{ S("hornetsecurity.com"), S("/"), PARAM, "u" },
	{ S("deref-mail.com"), S("/"), PARAM, "redirectUrl" },
	{ S("deref-gmx.net"), S("/"), PARAM, "redirectUrl" },
	{ S("deref-web-02.de"), S("/"), PARAM, "redirectUrl" },
	{ S("duckduckgo.com"), S("/l/"), PARAM, "uddg" },
	{ S("t.me"), S("/iv"), PARAM, "url" },
	{ S("getpocket.com"), S("/redirect"), PARAM, "url" },
	{ S("gate.sc"), S("/"), PARAM, "url" },
	{ S("curseforge.com"), S("/linkout"), PARAM, "remoteUrl" },
	{ S("weixin110.qq.com"), S("/"), PARAM, "main_url url" },
	{ S("hb.afl.rakuten.co.jp"), S("/"), PARAM, "pc m" },
	{ S("valuecommerce.com"), S("/"), PARAM, "vc_url" },
	{ S("px.a8.net"), S("/"), PARAM, "a8ejpredirect" },
	{ S("af.moshimo.com"), S("/"), PARAM, "url" },
	{ S("awin1.com"), S("/"), PARAM, "ued p" },
	{ S("tradedoubler.com"), S("/"), PARAM, "url" },
	{ S("redirectingat.com"), S("/"), PARAM, "url" },
	{ S("viglink.com"), S("/"), PARAM, "u" },
	{ S("linksynergy.com"), S("/"), PARAM, "murl" },
	{ S("shareasale.com"), S("/"), PARAM, "urllink" },
	{ S("tradetracker.net"), S("/"), PARAM, "u" },
	{ S("webgains.com"), S("/"), PARAM, "wgtarget" },
	{ S("rover.ebay.com"), S("/"), PARAM, "mpre" },
	{ S("adjust.com"), S("/"), PARAM, "redirect fallback" },
	{ S("onelink.me"), S("/"), PARAM, "af_r af_web_dp" },
	{ S("*"), S("/L0/"), PATH_SEGMENT, NULL }, /* Amazon SES on a host of its customer */
	{ S("*"), S("/CL0/"), PATH_SEGMENT, NULL },
	{ S("*"), S("/ls/click"), OPAQUE, NULL }, /* SendGrid on a host of its customer */
	{ S("*"), S("/wf/click"), OPAQUE, NULL },
	{ S("*"), S("/track/click/"), JSON_PARAM, "p" },
};
#undef S

/* Which ends of names are hosts of services, by their hash; most hosts are told apart from all of
 * them by one walk. Constant once it was filled. */
enum { END_BITS = 13 };
static struct {
	pthread_once_t once;
	size_t any_host; /* the first service of all hosts */
	bool known[1 << END_BITS];
} ends = { .once = PTHREAD_ONCE_INIT };

/* One more byte in front of the end of a name (FNV-1a). */
static uint32_t longer_end(uint32_t hash, char c)
{
	return (hash ^ (uint8_t)c) * 16777619u;
}

static bool *end_slot(uint32_t hash)
{
	return &ends.known[hash >> (32 - END_BITS)];
}

static void fill_ends(void)
{
	ends.any_host = SL_LEN(services);
	for (size_t i = SL_LEN(services); i-- > 0;) {
		struct sl_span host = services[i].host;
		uint32_t hash = 0;
		if (host.p[0] == '*')
			ends.any_host = i;
		for (size_t at = host.n; at-- > 0;)
			hash = longer_end(hash, host.p[at]);
		*end_slot(hash) = true;
	}
}

/* The first service that may be meant; none in front of it has this host. */
static size_t first_service(struct sl_span host)
{
	uint32_t hash = 0;
	int failed = pthread_once(&ends.once, fill_ends);
	sl_assert(failed == 0);
	for (size_t at = host.n; at-- > 0;) {
		hash = longer_end(hash, host.p[at]);
		if (at > 0 && host.p[at - 1] != '.')
			continue;
		if (*end_slot(hash) || sl_span_starts(sl_span_from(host, at), SL_SPAN("google.")))
			return 0;
	}
	return ends.any_host;
}

/* google.TLD, google.co.TLD */
static bool is_google(struct sl_span host)
{
	struct sl_span p = SL_SPAN("google.");
	ssize_t at = sl_span_find(host, p, 0);
	if (at < 0 || (at > 0 && host.p[at - 1] != '.'))
		return false;
	struct sl_span suffix = sl_span_from(host, (size_t)at + p.n);
	ssize_t dot = sl_span_chr(suffix, '.', 0);
	return dot < 0 ? suffix.n <= 3
		       : dot <= 3 && suffix.n - (size_t)dot <= 4 &&
				 sl_span_chr(suffix, '.', (size_t)dot + 1) < 0;
}

static bool host_matches(struct sl_span host, struct sl_span p, bool google)
{
	sl_assert(p.n > 0);
	if (p.p[p.n - 1] == '.')
		return google;
	if (p.p[0] == '*')
		return true;
	return sl_span_ends(host, p) && (host.n == p.n || host.p[host.n - p.n - 1] == '.');
}

static bool path_matches(struct sl_span path, struct sl_span p)
{
	if (!sl_span_starts(path, p))
		return false;
	/* "/url" is no prefix of "/urls" */
	return p.p[p.n - 1] == '/' || path.n == p.n || !sl_is_alnum(path.p[p.n]);
}

/* A parameter that all services of the row know by one of these names. */
static struct sl_span first_param(struct sl_span query, const char *names)
{
	struct sl_span list = sl_span_str(names), name;
	while (sl_span_split(&list, ' ', &name)) {
		struct sl_span value = sl_unwrap_param(query, name);
		if (value.n)
			return value;
	}
	return SL_SPAN_NULL;
}

/* All from the value to the end of the URL, when it is written without escapes. */
static struct sl_span widened(const struct sl_url *url, struct sl_span value)
{
	const char *end = url->text.p + url->text.n;
	ssize_t colon = sl_span_chr(value, ':', 0);
	bool plain =
		sl_span_starts(value, SL_SPAN("//")) ||
		(colon >= 0 && sl_span_starts(sl_span_from(value, (size_t)colon), SL_SPAN("://")));
	return plain ? sl_span_of(value.p, (size_t)(end - value.p)) : value;
}

static enum sl_unwrap by_param(struct sl_arena *arena, const struct service *service,
	const struct sl_url *url, struct sl_url *target_r)
{
	struct sl_span value = first_param(url->query, service->names);
	if (value.n == 0)
		return SL_UNWRAP_NONE;
	if (service->coding == PARAM_REST)
		value = widened(url, value);
	if (service->coding == PARAM_TAGGED)
		value = sl_span_from(value, 2);
	if (service->coding == DEFENSE2)
		value = sl_unwrap_defense2(arena, value);
	else
		value = sl_url_decode(arena, value);
	if (service->coding == JSON_PARAM)
		value = sl_unwrap_json_url(arena, sl_unwrap_base64(arena, value));
	return sl_unwrap_target(arena, value, url->scheme, target_r) ? SL_UNWRAP_TARGET
								     : SL_UNWRAP_EMPTY;
}

/* Path, query and fragment from `at` of the path on. */
static struct sl_span path_rest(const struct sl_url *url, size_t at)
{
	const char *from = url->path.p + at;
	return sl_span_of(from, (size_t)(url->text.p + url->text.n - from));
}

static struct sl_span last_url_segment(struct sl_arena *arena, const struct sl_url *url)
{
	ssize_t plain = sl_span_find(url->path, SL_SPAN("/http"), 1);
	if (plain > 0)
		return sl_url_decode(arena, path_rest(url, (size_t)plain + 1));
	struct sl_span rest = sl_span_from(url->path, 1), segment, found = SL_SPAN_NULL;
	while (sl_span_split(&rest, '/', &segment))
		if (sl_span_starts(segment, SL_SPAN("aHR0c")))
			found = sl_unwrap_base64(arena, segment);
	return found;
}

static struct sl_span path_value(
	struct sl_arena *arena, const struct service *service, const struct sl_url *url)
{
	size_t skip = service->path.n;
	sl_assert(url->path.n >= skip);
	if (service->coding == PATH_HOST)
		return sl_arena_printf(
			arena, "%s://%.*s", service->names, SL_ARG(path_rest(url, skip)));
	if (service->coding == PATH_LAST)
		return last_url_segment(arena, url);
	if (service->coding == PATH_RU) {
		ssize_t at = sl_span_find(url->path, SL_SPAN("/RU="), 0);
		if (at < 0)
			return SL_SPAN_NULL;
		skip = (size_t)at + 4;
	}
	struct sl_span rest = sl_span_from(url->path, skip), segment = rest;
	sl_span_split(&rest, '/', &segment);
	segment = sl_url_decode(arena, segment);
	bool has_scheme = sl_span_find(segment, SL_SPAN("://"), 0) > 0;
	if (service->coding != PATH_SEGMENT || has_scheme)
		return segment;
	if (!service->names)
		return SL_SPAN_NULL;
	return sl_arena_printf(arena, "%s://%.*s", service->names, SL_ARG(segment));
}

static enum sl_unwrap apply(struct sl_arena *arena, const struct service *service,
	const struct sl_url *url, struct sl_url *target_r)
{
	struct sl_span value;
	switch (service->coding) {
	case OPAQUE:
		return SL_UNWRAP_OPAQUE;
	case TRANSLATE:
		return sl_unwrap_translate(arena, url, target_r) ? SL_UNWRAP_TARGET
								 : SL_UNWRAP_EMPTY;
	case PARAM:
	case PARAM_REST:
	case PARAM_TAGGED:
	case JSON_PARAM:
	case DEFENSE2:
		return by_param(arena, service, url, target_r);
	case DEFENSE3:
		value = sl_unwrap_defense3(arena, path_rest(url, 0));
		break;
	case UNDERSCORES:
		value = sl_unwrap_underscores(path_rest(url, 0));
		break;
	case QUERY_ALL:
		value = url->query.n ? sl_url_decode(arena, path_rest(url, url->path.n + 1))
				     : SL_SPAN_NULL;
		break;
	case PATH_HOST:
	case PATH_SEGMENT:
	case PATH_LAST:
	case PATH_RU:
	default:
		value = path_value(arena, service, url);
		break;
	}
	return value.n && sl_unwrap_target(arena, value, url->scheme, target_r) ? SL_UNWRAP_TARGET
										: SL_UNWRAP_NONE;
}

/* Names that redirecting programs give to their parameter. */
static const char target_names[] =
	"url u to target goto dest destination redirect redirect_url redirect_uri redir link out "
	"adurl location r q";
/* Words in the last part of a path that say what the program does. */
static const char *const redirect_words[] = { "redir", "link", "click", "jump", "away", "goto",
	"out.", "go.", "rank", "track", "url.", "leave", "exit" };

/* Their first letters. */
static const bool redirect_letters[256] = { ['r'] = true,
	['R'] = true,
	['l'] = true,
	['L'] = true,
	['c'] = true,
	['C'] = true,
	['j'] = true,
	['J'] = true,
	['a'] = true,
	['A'] = true,
	['g'] = true,
	['G'] = true,
	['o'] = true,
	['O'] = true,
	['t'] = true,
	['T'] = true,
	['u'] = true,
	['U'] = true,
	['e'] = true,
	['E'] = true };

static bool begins_redirect_word(struct sl_span s)
{
	for (size_t i = 0; i < SL_LEN(redirect_words); i++)
		if (redirect_words[i][0] == sl_lower(s.p[0]) &&
			sl_span_istarts(s, sl_span_str(redirect_words[i])))
			return true;
	return false;
}

static struct sl_span last_segment(struct sl_span path)
{
	const char *slash = memrchr(path.p, '/', path.n);
	return slash ? sl_span_from(path, (size_t)(slash - path.p) + 1) : path;
}

static bool looks_like_redirect(const struct sl_url *url)
{
	struct sl_span last = last_segment(url->path);
	for (size_t i = 0; i < last.n; i++)
		if (redirect_letters[(unsigned char)last.p[i]] &&
			begins_redirect_word(sl_span_from(last, i)))
			return true;
	return sl_span_ieq(last, SL_SPAN("go")) || sl_span_ieq(last, SL_SPAN("out")) ||
	       sl_span_ieq(last, SL_SPAN("r")) || sl_span_ieq(last, SL_SPAN("url"));
}

/* A program on any host that redirects to where its caller says: the target must be a whole URL. */
static bool open_redirect(struct sl_arena *arena, const struct sl_url *url, struct sl_url *target_r)
{
	struct sl_span value = sl_url_decode(arena, first_param(url->query, target_names));
	bool whole = sl_span_istarts(value, SL_SPAN("http://")) ||
		     sl_span_istarts(value, SL_SPAN("https://")) ||
		     sl_span_starts(value, SL_SPAN("aHR0c"));
	return whole && sl_unwrap_target(arena, value, url->scheme, target_r) &&
	       !sl_span_eq(target_r->host, url->host);
}

enum sl_unwrap sl_unwrap_step(struct sl_arena *arena, const struct sl_tables *tables,
	const struct sl_url *url, struct sl_span domain, struct sl_url *target_r)
{
	enum sl_unwrap best = SL_UNWRAP_NONE;
	size_t first = first_service(url->host);
	bool google = first == 0 && is_google(url->host);
	for (size_t i = first; i < SL_LEN(services); i++) {
		if (!host_matches(url->host, services[i].host, google) ||
			!path_matches(url->path, services[i].path))
			continue;
		enum sl_unwrap step = apply(arena, &services[i], url, target_r);
		if (step == SL_UNWRAP_TARGET)
			return step;
		if (best == SL_UNWRAP_NONE)
			best = step;
	}
	if (best != SL_UNWRAP_NONE)
		return best;
	if (url->path.n <= 1 && url->query.n == 0)
		return SL_UNWRAP_NONE;
	unsigned known = tables ? sl_tables_known(tables, url->host, domain) : 0;
	bool redirector = (known & (SL_KNOWN_REDIRECTOR | SL_KNOWN_TRACKER)) != 0;
	if (url->query.n && (redirector || looks_like_redirect(url)) &&
		open_redirect(arena, url, target_r))
		return SL_UNWRAP_TARGET;
	bool hidden = (known & (SL_KNOWN_SHORTENER | SL_KNOWN_TRACKER)) != 0;
	return hidden ? SL_UNWRAP_OPAQUE : SL_UNWRAP_NONE;
}
