// The resources of this server: a page for each dataset and for each table that the account may read.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "clickhouse/client.h"
#include "guide/facts.h"
#include "guide/wording.h"
#include "mcp/resource.h"
#include "schema/dataset.h"

namespace chimera::guide {

/// How texts name tools.
struct ToolNames {
  std::function<std::string(std::string text)> spell;  ///< spells the tools in a text as they are listed
  Offers offers = {};
};

class Resources : public mcp::ResourceCatalog {
 public:
  /// `client` and `datasets` must outlive this.
  Resources(clickhouse::Client& client, const std::vector<schema::Dataset>& datasets, Patience patience,
            ToolNames tools);

  /// The datasets' pages, then their tables by name. Tables of other databases are found by the template only: there
  /// may be thousands.
  Result<std::vector<mcp::ResourceDefinition>> List(const mcp::CallContext& context) override;
  std::vector<mcp::ResourceTemplate> Templates() const override;
  /// Nothing for a table that is not there, and for one that a read may not name.
  Result<std::optional<std::variant<std::vector<mcp::ResourceContents>, mcp::InputNeed>>> Read(
      const mcp::CallContext& context, const std::string& uri) override;
  /// True for datasets, and for tables whether they are there yet or not.
  bool CanWatch(const std::string& uri) const override;

 private:
  const schema::Dataset* DatasetOf(const std::string& database) const;
  Result<std::string> PageOf(const RequestContext& context, const std::string& uri);  ///< "" when there is none
  Result<std::string> TablePageOf(const RequestContext& context, const std::string& database, const std::string& table);

  clickhouse::Client& client_;
  const std::vector<schema::Dataset>& datasets_;
  const Patience patience_;
  const ToolNames tools_;
};

}  // namespace chimera::guide
