#include "mcp/catalog_layer.h"

#include <algorithm>

namespace chimera::mcp {
namespace {

std::string Underscored(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '.', '_');
  return text;
}

}  // namespace

CatalogLayer::CatalogLayer(ToolCatalog& inner) : inner_(inner) {
  for (const ToolDefinition& tool : inner.Definitions()) by_name_[Underscored(tool.name)] = &tool;
}

const ToolDefinition* CatalogLayer::Find(std::string_view name) const {
  const auto found = by_name_.find(Underscored(name));
  return found == by_name_.end() ? nullptr : found->second;
}

}  // namespace chimera::mcp
