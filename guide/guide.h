// What a client may read before it calls a tool: resources, prompts, and suggestions for their arguments, put together
// over a client and the datasets. Touches no database until it is asked.
#pragma once

#include <vector>

#include "clickhouse/client.h"
#include "guide/completion.h"
#include "guide/prompts.h"
#include "guide/resources.h"
#include "mcp/server.h"
#include "schema/dataset.h"

namespace chimera::guide {

class Guide {
 public:
  /// `client` and `datasets` must outlive this.
  Guide(clickhouse::Client& client, const std::vector<schema::Dataset>& datasets, Patience patience,
        const ToolNames& tools);

  /// `features` with those of the guide; it must outlive them.
  mcp::Features AddTo(mcp::Features features);

 private:
  Resources resources_;
  Prompts prompts_;
  Suggestions suggestions_;
};

}  // namespace chimera::guide
