// CheckDistinct of schema/loader.h: what only shows when datasets are put together.
#include <map>
#include <utility>

#include "schema/loader.h"

namespace chimera::schema {
namespace {

class Claims {
 public:
  void Add(const std::string& what, const Dataset& dataset) {
    const auto [owner, is_new] = owners_.emplace(what, dataset.name);
    if (is_new) return;
    clashes_.push_back("the datasets " + owner->second + " and " + dataset.name + " both declare " + what);
  }

  void AddAll(const Dataset& dataset) {
    Add("the name " + dataset.name, dataset);
    Add("database " + dataset.database, dataset);
    for (const InsertTool& tool : dataset.inserts) Add("tool " + tool.name, dataset);
    for (const AnalysisTool& tool : dataset.analyses) Add("tool " + tool.name, dataset);
    for (const Prompt& prompt : dataset.prompts) Add("prompt " + prompt.name, dataset);
  }

  std::vector<std::string> Clashes() && { return std::move(clashes_); }

 private:
  std::map<std::string, std::string> owners_;  ///< who uses which name, such as "database kitchen"
  std::vector<std::string> clashes_;
};

}  // namespace

std::vector<std::string> Clashes(const std::vector<Dataset>& datasets) {
  Claims claims;
  for (const Dataset& dataset : datasets) claims.AddAll(dataset);
  return std::move(claims).Clashes();
}

Status CheckDistinct(const std::vector<Dataset>& datasets) {
  const std::vector<std::string> clashes = Clashes(datasets);
  if (clashes.empty()) return Ok();
  return MakeError(ErrorCode::kInvalidArgument, clashes.front(), "rename it in one of them, or leave one out");
}

}  // namespace chimera::schema
