#include "config/datadog.h"

#include <utility>

#include "config/config.h"

namespace chimera::config {
namespace {

// Takes udp://HOST[:PORT] and unix:///PATH, which some libraries spell unixgram.
bool TakeUrl(const std::string& url, metrics::StatsdOptions& options) {
  const size_t scheme_end = url.find("://");
  const std::string scheme = url.substr(0, std::min(scheme_end, url.size()));
  const std::string rest = scheme_end == std::string::npos ? "" : url.substr(scheme_end + 3);
  if (scheme == "unix" || scheme == "unixgram") {
    options.socket = rest;
    return rest.starts_with('/');
  }
  const bool has_port = !rest.ends_with(']') && rest.find(':') != std::string::npos;
  const auto address = ParseHostPort(has_port ? rest : rest + ":" + std::to_string(options.port));
  if (scheme != "udp" || !address.ok()) return false;
  options.host = address->host;
  options.port = address->port;
  return address->port > 0;
}

}  // namespace

metrics::StatsdOptions LoadStatsd(SettingReader& reader) {
  metrics::StatsdOptions options;
  options.host = reader.Text("DD_AGENT_HOST", "");
  options.port = static_cast<int>(reader.Integer("DD_DOGSTATSD_PORT", 8125, 1, 65535));
  const auto url = reader.Text("DD_DOGSTATSD_URL");
  if (url && !TakeUrl(*url, options)) {
    reader.Refuse("DD_DOGSTATSD_URL", "is not udp://HOST:PORT or unix:///PATH", "set it to one of these, or unset it");
  }
  if (url) reader.SetAside("DD_AGENT_HOST", "DD_DOGSTATSD_URL is set");
  if (!options.socket.empty()) reader.SetAside("DD_DOGSTATSD_PORT", "DD_DOGSTATSD_URL is set");
  constexpr std::pair<const char*, const char*> kTags[] = {{"DD_ENTITY_ID", "dd.internal.entity_id"},
                                                           {"DD_SERVICE", "service"},
                                                           {"DD_ENV", "env"},
                                                           {"DD_VERSION", "version"}};
  for (const auto& [setting, tag] : kTags) {
    if (const auto value = reader.Text(setting)) options.tags.push_back(metrics::Tag(tag, *value));
  }
  if (!options.host.empty() || !options.socket.empty()) return options;
  for (const char* name : {"DD_DOGSTATSD_PORT", "DD_ENTITY_ID", "DD_SERVICE", "DD_ENV", "DD_VERSION"}) {
    reader.SetAside(name, "DD_AGENT_HOST is unset");
  }
  return options;
}

}  // namespace chimera::config
