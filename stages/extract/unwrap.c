/* SPDX-License-Identifier: Apache-2.0 */
#include "unwrap.h"

#include "unwrap_decode.h"

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
	const char *host; /* suffix at a dot; "google." stands for all its countries, "*" for any */
	const char *path; /* prefix */
	enum coding coding;
	const char *names;
};

static const struct service services[] = {
	{ "safelinks.protection.outlook.com", "/", PARAM, "url" },
	{ "safelinks.protection.office365.us", "/", PARAM, "url" },
	{ "statics.teams.cdn.office.net", "/", PARAM, "url" },
	{ "urldefense.proofpoint.com", "/v1/", PARAM, "u" },
	{ "urldefense.proofpoint.com", "/v2/", DEFENSE2, "u" },
	{ "urldefense.proofpoint.com", "/v3/", DEFENSE3, NULL },
	{ "urldefense.com", "/v3/", DEFENSE3, NULL },
	{ "urldefense.com", "/v2/", DEFENSE2, "u" },
	{ "urldefense.com", "/v1/", PARAM, "u" },
	{ "urldefense.us", "/v3/", DEFENSE3, NULL },
	{ "urldefense.us", "/v2/", DEFENSE2, "u" },
	{ "google.", "/url", PARAM, "q url" },
	{ "google.", "/local_url", PARAM, "q" },
	{ "google.", "/amp/s/", PATH_HOST, "https" },
	{ "google.", "/amp/", PATH_HOST, "http" },
	{ "google.", "/imgres", PARAM, "imgrefurl" },
	{ "google.", "/translate", PARAM, "u" },
	{ "google.", "/aclk", PARAM_REST, "adurl" },
	{ "google.", "/pagead/", PARAM_REST, "adurl" },
	{ "google.", "/linkredirect", PARAM, "dest" },
	{ "google.", "/gwt/", PARAM, "u" },
	{ "googleweblight.com", "/", PARAM, "lite_url u" },
	{ "googleadservices.com", "/", PARAM_REST, "adurl" },
	{ "doubleclick.net", "/", PARAM_REST, "adurl" },
	{ "doubleclick.net", "/", PARAM, "ds_dest_url dest" },
	{ "doubleclick.net", "/ddm/", QUERY_ALL, NULL },
	{ "translate.goog", "/", TRANSLATE, NULL },
	{ "bing.com", "/ck/a", PARAM_TAGGED, "u" },
	{ "bing.com", "/", PARAM, "redirecturl" },
	{ "translatetheweb.com", "/", PARAM, "a" },
	{ "microsofttranslator.com", "/", PARAM, "a" },
	{ "youtube.com", "/redirect", PARAM, "q" },
	{ "youtube.com", "/attribution_link", OPAQUE, NULL },
	{ "linkedin.com", "/redir/", PARAM, "url" },
	{ "linkedin.com", "/safety/go", PARAM, "url" },
	{ "linkedin.com", "/slink", OPAQUE, NULL },
	{ "facebook.com", "/l.php", PARAM, "u" },
	{ "facebook.com", "/flx/warn", PARAM, "u" },
	{ "messenger.com", "/l.php", PARAM, "u" },
	{ "l.instagram.com", "/", PARAM, "u" },
	{ "l.threads.net", "/", PARAM, "u" },
	{ "l.workplace.com", "/l.php", PARAM, "u" },
	{ "vk.com", "/away", PARAM, "to" },
	{ "vk.ru", "/away", PARAM, "to" },
	{ "ok.ru", "/dk", PARAM, "st.link" },
	{ "t.umblr.com", "/redirect", PARAM, "z" },
	{ "out.reddit.com", "/", PARAM, "url" },
	{ "steamcommunity.com", "/linkfilter", PARAM, "url u" },
	{ "slack-redir.net", "/link", PARAM, "url" },
	{ "slack.com", "/openid/connect/login_initiate_redirect", OPAQUE, NULL },
	{ "disq.us", "/url", PARAM, "url" },
	{ "medium.com", "/r", PARAM, "url" },
	{ "pinterest.com", "/offsite", PARAM, "url" },
	{ "tiktok.com", "/link/v2", PARAM, "target" },
	{ "away.vk.com", "/", PARAM, "to" },
	{ "exit.sc", "/", PARAM, "url" },
	{ "href.li", "/", QUERY_ALL, NULL },
	{ "anonym.to", "/", QUERY_ALL, NULL },
	{ "nullrefer.com", "/", QUERY_ALL, NULL },
	{ "dereferer.me", "/", QUERY_ALL, NULL },
	{ "web.archive.org", "/web/", PATH_LAST, NULL },
	{ "yahoo.com", "/", PATH_RU, NULL },
	{ "yahoo.co.jp", "/", PATH_RU, NULL },
	{ "baidu.com", "/link", OPAQUE, NULL },
	{ "baidu.com", "/baidu.php", OPAQUE, NULL },
	{ "so.com", "/link", OPAQUE, NULL },
	{ "sogou.com", "/link", OPAQUE, NULL },
	{ "sinaurl.cn", "/", OPAQUE, NULL },
	{ "weibo.cn", "/sinaurl", PARAM, "u toasturl" },
	{ "link.zhihu.com", "/", PARAM, "target" },
	{ "link.csdn.net", "/", PARAM, "target" },
	{ "link.juejin.cn", "/", PARAM, "target" },
	{ "douban.com", "/link2", PARAM, "url" },
	{ "c.pc.qq.com", "/", PARAM, "pfurl url" },
	{ "mail.qq.com", "/cgi-bin/", PARAM, "url gourl" },
	{ "cr.naver.com", "/", PARAM, "u" },
	{ "cc.naver.com", "/", PARAM, "u" },
	{ "yandex.ru", "/clck/", OPAQUE, NULL },
	{ "sba.yandex.net", "/redirect", PARAM, "url" },
	{ "mandrillapp.com", "/track/click/", JSON_PARAM, "p" },
	{ "mjt.lu", "/lnk/", PATH_LAST, NULL },
	{ "pstmrk.it", "/3s/", PATH_SEGMENT, "https" },
	{ "pstmrk.it", "/2s/", PATH_SEGMENT, "https" },
	{ "pstmrk.it", "/3/", PATH_SEGMENT, "http" },
	{ "pstmrk.it", "/2/", PATH_SEGMENT, "http" },
	{ "awstrack.me", "/L0/", PATH_SEGMENT, "https" },
	{ "awstrack.me", "/CL0/", PATH_SEGMENT, "https" },
	{ "secure-web.cisco.com", "/", PATH_LAST, NULL },
	{ "clicktime.symantec.com", "/", PARAM, "u" },
	{ "clicktime.cloud.postoffice.net", "/", PARAM, "u" },
	{ "cudasvc.com", "/url", PARAM, "a" },
	{ "trendmicro.com", "/wis/clicktime/", PARAM, "url" },
	{ "tmurl.co", "/", PARAM, "url" },
	{ "protection.sophos.com", "/", PARAM, "u" },
	{ "fireeye.com", "/", PARAM, "u" },
	{ "esvalabs.com", "/", PARAM, "u" },
	{ "libraesva.com", "/", PARAM, "u" },
	{ "mimecast.com", "/", PARAM, "url" },
	{ "mimecast.com", "/s/", OPAQUE, NULL },
	{ "mimecast.com", "/r/", OPAQUE, NULL },
	{ "mimecastprotect.com", "/", OPAQUE, NULL },
	{ "emailprotection.link", "/", OPAQUE, NULL },
	{ "inky.com", "/link", OPAQUE, NULL },
	{ "mailanyone.net", "/", OPAQUE, NULL },
	{ "emltrk.com", "/", OPAQUE, NULL },
	{ "safelinks.protection.partner.outlook.cn", "/", PARAM, "url" },
	{ "safelink.emails.azure.net", "/redirect", PARAM, "destination" },
	{ "protect.checkpoint.com", "/", UNDERSCORES, NULL },
	{ "protect.checkpoint.com", "/", OPAQUE, NULL },
	{ "url.avanan.click", "/", UNDERSCORES, NULL },
	{ "url.avanan.click", "/", OPAQUE, NULL },
	{ "edgepilot.com", "/s/", PARAM, "u" },
	{ "defend.egress.com", "/", PARAM, "Base64Url" },
	{ "linkscan.io", "/", PATH_LAST, NULL },
	{ "hornetsecurity.com", "/", PARAM, "u" },
	{ "deref-mail.com", "/", PARAM, "redirectUrl" },
	{ "deref-gmx.net", "/", PARAM, "redirectUrl" },
	{ "deref-web-02.de", "/", PARAM, "redirectUrl" },
	{ "duckduckgo.com", "/l/", PARAM, "uddg" },
	{ "t.me", "/iv", PARAM, "url" },
	{ "getpocket.com", "/redirect", PARAM, "url" },
	{ "gate.sc", "/", PARAM, "url" },
	{ "curseforge.com", "/linkout", PARAM, "remoteUrl" },
	{ "weixin110.qq.com", "/", PARAM, "main_url url" },
	{ "hb.afl.rakuten.co.jp", "/", PARAM, "pc m" },
	{ "valuecommerce.com", "/", PARAM, "vc_url" },
	{ "px.a8.net", "/", PARAM, "a8ejpredirect" },
	{ "af.moshimo.com", "/", PARAM, "url" },
	{ "awin1.com", "/", PARAM, "ued p" },
	{ "tradedoubler.com", "/", PARAM, "url" },
	{ "redirectingat.com", "/", PARAM, "url" },
	{ "viglink.com", "/", PARAM, "u" },
	{ "linksynergy.com", "/", PARAM, "murl" },
	{ "shareasale.com", "/", PARAM, "urllink" },
	{ "tradetracker.net", "/", PARAM, "u" },
	{ "webgains.com", "/", PARAM, "wgtarget" },
	{ "rover.ebay.com", "/", PARAM, "mpre" },
	{ "adjust.com", "/", PARAM, "redirect fallback" },
	{ "onelink.me", "/", PARAM, "af_r af_web_dp" },
	{ "*", "/L0/", PATH_SEGMENT, NULL }, /* Amazon SES on a host of its customer */
	{ "*", "/CL0/", PATH_SEGMENT, NULL },
	{ "*", "/ls/click", OPAQUE, NULL }, /* SendGrid on a host of its customer */
	{ "*", "/wf/click", OPAQUE, NULL },
	{ "*", "/track/click/", JSON_PARAM, "p" },
};

static bool host_matches(struct sl_span host, const char *pattern)
{
	struct sl_span p = sl_span_str(pattern);
	sl_assert(p.n > 0);
	if (p.p[0] == '*')
		return true;
	if (p.p[p.n - 1] == '.') { /* google.TLD, google.co.TLD */
		ssize_t at = sl_span_find(host, p, 0);
		if (at < 0 || (at > 0 && host.p[at - 1] != '.'))
			return false;
		struct sl_span suffix = sl_span_from(host, (size_t)at + p.n);
		ssize_t dot = sl_span_chr(suffix, '.', 0);
		return dot < 0 ? suffix.n <= 3
			       : dot <= 3 && suffix.n - (size_t)dot <= 4 &&
					 sl_span_chr(suffix, '.', (size_t)dot + 1) < 0;
	}
	return sl_span_ends(host, p) && (host.n == p.n || host.p[host.n - p.n - 1] == '.');
}

static bool path_matches(struct sl_span path, const char *prefix)
{
	struct sl_span p = sl_span_str(prefix);
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
	size_t skip = strlen(service->path);
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

static struct sl_span last_segment(struct sl_span path)
{
	const char *slash = memrchr(path.p, '/', path.n);
	return slash ? sl_span_from(path, (size_t)(slash - path.p) + 1) : path;
}

static bool looks_like_redirect(const struct sl_url *url)
{
	struct sl_span last = last_segment(url->path);
	for (size_t i = 0; i < SL_LEN(redirect_words); i++)
		if (sl_span_ifind(last, sl_span_str(redirect_words[i]), 0) >= 0)
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
	for (size_t i = 0; i < SL_LEN(services); i++) {
		if (!host_matches(url->host, services[i].host) ||
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
	unsigned known = tables ? sl_tables_known(tables, url->host, domain) : 0;
	bool redirector = (known & (SL_KNOWN_REDIRECTOR | SL_KNOWN_TRACKER)) != 0;
	if ((redirector || looks_like_redirect(url)) && open_redirect(arena, url, target_r))
		return SL_UNWRAP_TARGET;
	bool hidden = (known & (SL_KNOWN_SHORTENER | SL_KNOWN_TRACKER)) != 0;
	return hidden && (url->path.n > 1 || url->query.n) ? SL_UNWRAP_OPAQUE : SL_UNWRAP_NONE;
}
