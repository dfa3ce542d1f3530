/* SPDX-License-Identifier: Apache-2.0 */
#include "received.h"

#include <stdlib.h>

struct network {
	struct sl_ip ip;
	unsigned bits;
};

struct sl_trust {
	struct sl_span *hosts; /* borrowed from the options */
	size_t n_hosts;
	struct network *networks;
	size_t n_networks;
};

static bool network_parse(struct sl_span text, struct network *network_r)
{
	ssize_t slash = sl_span_chr(text, '/', 0);
	struct sl_span address = slash < 0 ? text : sl_span_head(text, (size_t)slash);
	uint64_t bits;
	if (!sl_hop_address(address, &network_r->ip))
		return false;
	uint64_t most = network_r->ip.family == 4 ? 32 : 128;
	if (slash < 0)
		bits = most;
	else if (!sl_span_u64(sl_span_from(text, (size_t)slash + 1), &bits) || bits > most)
		return false;
	network_r->bits = (unsigned)bits;
	return true;
}

static struct sl_span bare_host(struct sl_span host)
{
	host = sl_span_trim(host);
	if (sl_span_starts(host, SL_SPAN("*.")))
		host = sl_span_from(host, 2);
	while (host.n && host.p[0] == '.')
		host = sl_span_from(host, 1);
	while (host.n && host.p[host.n - 1] == '.')
		host.n--;
	return host;
}

struct sl_trust *sl_trust_new(const struct sl_strings *entries)
{
	struct sl_trust *trust = sl_calloc(1, sizeof(*trust));
	trust->hosts = sl_calloc(entries->n, sizeof(*trust->hosts));
	trust->networks = sl_calloc(entries->n, sizeof(*trust->networks));
	for (size_t i = 0; i < entries->n; i++) {
		struct sl_span text = sl_span_trim(sl_span_str(entries->items[i]));
		if (network_parse(text, &trust->networks[trust->n_networks]))
			trust->n_networks++;
		else if (bare_host(text).n)
			trust->hosts[trust->n_hosts++] = bare_host(text);
	}
	sl_assert(trust->n_hosts + trust->n_networks <= entries->n);
	return trust;
}

void sl_trust_free(struct sl_trust **trust)
{
	if (!*trust)
		return;
	free((*trust)->hosts);
	free((*trust)->networks);
	free(*trust);
	*trust = NULL;
}

bool sl_trust_is_empty(const struct sl_trust *trust)
{
	return trust->n_hosts + trust->n_networks == 0;
}

bool sl_trust_host(const struct sl_trust *trust, struct sl_span host)
{
	struct sl_ip ip;
	if (sl_trust_is_empty(trust))
		return false;
	host = bare_host(host);
	if (host.n == 0)
		return false;
	if (sl_hop_address(host, &ip))
		return sl_trust_ip(trust, &ip);
	for (size_t i = 0; i < trust->n_hosts; i++) {
		struct sl_span suffix = trust->hosts[i];
		if (sl_span_iends(host, suffix) &&
			(host.n == suffix.n || host.p[host.n - suffix.n - 1] == '.'))
			return true;
	}
	return false;
}

bool sl_trust_ip(const struct sl_trust *trust, const struct sl_ip *ip)
{
	for (size_t i = 0; i < trust->n_networks; i++) {
		const struct network *net = &trust->networks[i];
		size_t whole = net->bits / 8;
		unsigned mask = 0xff00u >> net->bits % 8 & 0xff;
		if (net->ip.family != ip->family || memcmp(net->ip.b, ip->b, whole) != 0)
			continue;
		if (!mask || (net->ip.b[whole] & mask) == (ip->b[whole] & mask))
			return true;
	}
	return false;
}
