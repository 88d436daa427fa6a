#include "transfer/column_plan.h"

#include "base/text.h"

namespace chimera::transfer {
namespace {

Error Invalid(std::string message, std::string hint) {
  return MakeError(ErrorCode::kInvalidArgument, std::move(message), std::move(hint));
}

Error NeedsColumns(const Target& target, const std::vector<std::string>& missing) {
  return Invalid("the file has no column for `" + Join(missing, "`, `") + "` of " + target.FullName(),
                 "name the file's column for it with --map FILE_COLUMN=" + missing.front());
}

}  // namespace

Result<Mapping> ParseMapping(const std::vector<std::string>& pairs, const std::vector<std::string>& skipped) {
  Mapping mapping;
  for (const auto& pair : pairs) {
    const size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == pair.size()) {
      return Invalid("--map " + pair + " is not FILE_COLUMN=TABLE_COLUMN", "write for example --map created_at=ts");
    }
    mapping.renamed[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  mapping.skipped.insert(skipped.begin(), skipped.end());
  return mapping;
}

Result<std::optional<size_t>> ColumnFor(const Target& target, const Mapping& mapping, const std::string& name) {
  if (mapping.skipped.contains(name)) return std::optional<size_t>();
  const auto renamed = mapping.renamed.find(name);
  const std::string& wanted = renamed == mapping.renamed.end() ? name : renamed->second;
  if (auto column = target.Find(wanted)) return column;
  const std::string near = DidYouMean(wanted, target.Names());
  return Invalid(target.FullName() + " has no column `" + wanted + "`",
                 (near.empty() ? "its columns: " + Join(target.Names(), ", ") : near) + "; use --map " + name +
                     "=TABLE_COLUMN, or --skip " + name);
}

bool MayBeAbsent(const Target& target, size_t column) {
  const TargetColumn& known = target.columns[column];
  // When a row was stored is not when it happened: an import does not make up the time of its rows.
  if (column == target.split_column || column == target.time_column) return false;
  return known.rule.fallback || known.has_default || known.rule.type.nullable || known.opaque;
}

Result<std::vector<std::optional<size_t>>> PlanColumns(const Target& target, const Mapping& mapping,
                                                       const std::vector<std::string>& header) {
  std::vector<std::optional<size_t>> plan;
  std::set<size_t> taken;
  for (const auto& name : header) {
    auto column = ColumnFor(target, mapping, name);
    if (!column) return std::move(column).error();
    if (*column && !taken.insert(**column).second) {
      return Invalid("two columns of the file go to `" + target.columns[**column].rule.column.name + "`",
                     "leave one of them out with --skip");
    }
    plan.push_back(*column);
  }
  std::vector<std::string> missing;
  for (size_t i = 0; i < target.columns.size(); ++i) {
    if (!taken.contains(i) && !MayBeAbsent(target, i)) missing.push_back(target.columns[i].rule.column.name);
  }
  if (!missing.empty()) return NeedsColumns(target, missing);
  return plan;
}

}  // namespace chimera::transfer
