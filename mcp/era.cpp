#include "mcp/era.h"

#include <algorithm>
#include <array>

namespace chimera::mcp {
namespace {

constexpr std::array kEras = {
    Era{.version = "2026-07-28", .stateless = true, .annotations = true, .structured_output = true, .icons = true},
    Era{.version = "2025-11-25",
        .annotations = true,
        .structured_output = true,
        .elicits = true,
        .icons = true,
        .resumes = true},
    Era{.version = "2025-06-18", .annotations = true, .structured_output = true, .elicits = true},
    Era{.version = "2025-03-26", .batches = true, .annotations = true},
    Era{.version = "2024-11-05"},
};

}  // namespace

const Era* FindEra(std::string_view version) {
  const auto* found = std::find_if(kEras.begin(), kEras.end(), [&](const Era& era) { return era.version == version; });
  return found == kEras.end() ? nullptr : found;
}

const Era& NewestSessionEra() {
  return *std::find_if(kEras.begin(), kEras.end(), [](const Era& era) { return !era.stateless; });
}

std::vector<std::string> SupportedVersions() {
  std::vector<std::string> versions;
  for (const Era& era : kEras) versions.emplace_back(era.version);
  return versions;
}

std::string RequestedVersion(const Message& message) {
  const auto meta = message.params.find("_meta");
  if (meta == message.params.end() || !meta->is_object()) return {};
  const auto version = meta->find("io.modelcontextprotocol/protocolVersion");
  return version != meta->end() && version->is_string() ? version->get<std::string>() : std::string();
}

bool IsStateless(std::string_view version) {
  const Era* era = FindEra(version);
  return era != nullptr && era->stateless;
}

std::string_view StatelessMetaExample() {
  return R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
         R"("io.modelcontextprotocol/clientCapabilities":{}})";
}

}  // namespace chimera::mcp
