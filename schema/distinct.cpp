// CheckDistinct of schema/loader.h: what only shows when datasets are put together.
#include <map>

#include "schema/loader.h"

namespace chimera::schema {
namespace {

/// Who uses which name, such as "database kitchen".
using Owners = std::map<std::string, std::string>;

Status Claim(Owners& owners, const std::string& what, const Dataset& dataset) {
  const auto [owner, is_new] = owners.emplace(what, dataset.name);
  if (is_new) return Ok();
  return MakeError(ErrorCode::kInvalidArgument,
                   "the datasets " + owner->second + " and " + dataset.name + " both declare " + what,
                   "rename it in one of them, or leave one out");
}

Status ClaimAll(Owners& owners, const Dataset& dataset) {
  if (Status status = Claim(owners, "the name " + dataset.name, dataset); !status) return status;
  if (Status status = Claim(owners, "database " + dataset.database, dataset); !status) return status;
  for (const InsertTool& tool : dataset.inserts) {
    if (Status status = Claim(owners, "tool " + tool.name, dataset); !status) return status;
  }
  for (const AnalysisTool& tool : dataset.analyses) {
    if (Status status = Claim(owners, "tool " + tool.name, dataset); !status) return status;
  }
  for (const Prompt& prompt : dataset.prompts) {
    if (Status status = Claim(owners, "prompt " + prompt.name, dataset); !status) return status;
  }
  return Ok();
}

}  // namespace

Status CheckDistinct(const std::vector<Dataset>& datasets) {
  Owners owners;
  for (const Dataset& dataset : datasets) {
    if (Status status = ClaimAll(owners, dataset); !status) return status;
  }
  return Ok();
}

}  // namespace chimera::schema
