// A catalogue over another one, which does something about its calls and leaves everything else as it is.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/tool.h"

namespace chimera::mcp {

class CatalogLayer : public ToolCatalog {
 public:
  /// `inner` must outlive this, and its definitions stay as they are.
  explicit CatalogLayer(ToolCatalog& inner);

  const std::vector<ToolDefinition>& Definitions() const override { return inner_.Definitions(); }
  bool Has(std::string_view name) const override { return inner_.Has(name); }
  void OnRefused(const CallContext& context, std::string_view name, std::string_view arguments_json,
                 std::string_view code) override {
    inner_.OnRefused(context, name, arguments_json, code);
  }
  bool MayAsk(std::string_view name) const override { return inner_.MayAsk(name); }
  std::string Suggestion(std::string_view name) const override { return inner_.Suggestion(name); }

 protected:
  ToolCatalog& Inner() { return inner_; }
  /// The tool that `name` calls: with underscores where dots are listed, or the other way round. nullptr: none.
  const ToolDefinition* Find(std::string_view name) const;

 private:
  ToolCatalog& inner_;
  std::map<std::string, const ToolDefinition*, std::less<>> by_name_;  ///< with underscores
};

}  // namespace chimera::mcp
