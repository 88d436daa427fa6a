// The tool `timestore.read`.
#include "timestore/declared_read.h"
#include "timestore/tools.h"

namespace chimera::timestore {
namespace {

constexpr char kDescription[] =
    "Rows of a table written by timestore.write, or of a declared dataset's table, ordered by time; with what still "
    "waits in the buffer, so that rows are seen as soon as their write was answered. For sums, groups and joins: "
    "query.aggregate or query over the table `timestore.DATASET__TABLE`. timestore.datasets lists tables and fields. "
    "64-bit integers are strings, times UTC. `freshness` says what may be missing.";

class ReadTool final : public tools::JsonTool {
 public:
  explicit ReadTool(const ToolSources& sources)
      : JsonTool({kReadTool, "Read rows", kDescription, ReadInputSchema(), ReadOutputSchema(), {}}),
        sources_{sources.client, sources.reader, sources.buffer, sources.privacy, sources.wait, sources.limits},
        catalog_(sources.catalog),
        datasets_(sources.datasets) {}

 private:
  Result<tools::Answer> RunChecked(const RequestContext& context, const Json& arguments) override {
    tools::Problems problems;
    const ReadRequest request = ReadReadRequest(arguments, problems);
    const schema::Dataset* declared = DeclaredDataset(datasets_, request.name.dataset);
    if (declared == nullptr) CheckNames(request.name, problems);
    if (!problems.Empty()) return problems.ToError(kReadTool);
    auto outcome = declared != nullptr ? ReadDeclared(context, sources_, catalog_, *declared, request)
                                       : ReadDynamic(context, sources_, request);
    if (!outcome) return std::move(outcome).error();
    return MakeReadAnswer(request, *outcome);
  }

  const ReadSources sources_;
  tools::Catalog& catalog_;
  const std::vector<schema::Dataset>& datasets_;
};

}  // namespace

std::unique_ptr<tools::Tool> CreateReadTool(const ToolSources& sources) {
  return std::make_unique<ReadTool>(sources);
}

}  // namespace chimera::timestore
