#include "tools/privacy.h"

#include <algorithm>
#include <map>

#include "tools/row_rewriter.h"

namespace chimera::tools {
namespace {

using schema::Protection;

/// Which of two rules shows less of a value.
int Strictness(const Protector& protector) {
  const auto& rule = protector.Rule();
  if (rule.protection == Protection::kDrop) return 3;
  if (rule.protection == Protection::kHash) return 1;
  return rule.what.empty() ? 2 : 0;
}

}  // namespace

bool Privacy::NeedsKey(const std::vector<schema::Dataset>& datasets) {
  return std::any_of(datasets.begin(), datasets.end(), [](const auto& dataset) {
    return std::any_of(dataset.privacy.begin(), dataset.privacy.end(),
                       [](const auto& rule) { return rule.protection == Protection::kHash; });
  });
}

Result<std::shared_ptr<const Privacy>> Privacy::Create(const std::vector<schema::Dataset>& datasets, std::string key,
                                                       bool exempt_admins) {
  std::shared_ptr<Privacy> privacy(new Privacy);
  privacy->key_ = std::make_shared<const std::string>(std::move(key));
  privacy->exempt_admins_ = exempt_admins;
  for (const auto& dataset : datasets) {
    for (const auto& rule : dataset.privacy) {
      const sql::ProtectedColumn column{dataset.database, rule.table, rule.column};
      privacy->entries_.push_back({column, std::make_shared<const Protector>(rule, privacy->key_)});
      if (rule.results) privacy->in_results_.push_back(column);
    }
  }
  for (const auto& dataset : datasets) {
    if (Status checked = privacy->CheckDataset(dataset); !checked) return checked.error();
  }
  return std::shared_ptr<const Privacy>(std::move(privacy));
}

Status Privacy::CheckDataset(const schema::Dataset& dataset) const {
  for (const auto& analysis : dataset.analyses) {
    const std::string where = dataset.name + "/tools/" + analysis.name;
    if (Status checked = CheckSql(where + ".sql", analysis.sql); !checked) return checked;
    if (Status checked = CheckSql(where + ".note.sql", analysis.note_sql); !checked) return checked;
  }
  for (const auto& prompt : dataset.prompts) {
    for (const auto& argument : prompt.arguments) {
      const auto& source = argument.values;
      if (source.kind != schema::ValueSource::Kind::kValues) continue;
      if (!Protects(dataset.database, source.table, source.column)) continue;
      return MakeError(ErrorCode::kInvalidArgument,
                       dataset.name + "/prompts/" + prompt.name + ".json: `" + argument.name +
                           "` suggests the values of " + source.table + "." + source.column +
                           ", which privacy protects",
                       "suggest something else, or protect it with \"results\": \"stored\"");
    }
  }
  return Ok();
}

Status Privacy::CheckSql(const std::string& where, const std::string& sql) const {
  if (sql.empty()) return Ok();
  const auto found = sql::FindProtected(sql, in_results_);
  if (found) return Ok();
  return MakeError(ErrorCode::kInvalidArgument, where + ": " + found.error().message, found.error().hint);
}

const std::vector<sql::ProtectedColumn>& Privacy::Protects(const RequestContext& context) const {
  static const std::vector<sql::ProtectedColumn> nothing;
  const bool admin = context.principal && context.principal->scopes.Has(Scope::kAdmin);
  return exempt_admins_ && admin ? nothing : in_results_;
}

bool Privacy::Protects(std::string_view database, std::string_view table, std::string_view column) const {
  return std::any_of(in_results_.begin(), in_results_.end(), [&](const auto& known) {
    return known.column == column && known.table == table && known.database == database;
  });
}

std::shared_ptr<const Protector> Privacy::ForInsert(std::string_view database, std::string_view table,
                                                    std::string_view column) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.column.column == column && entry.column.table == table && entry.column.database == database;
  });
  return found == entries_.end() ? nullptr : found->protector;
}

/// A name in a result does not tell its table.
const Protector& Privacy::Strictest(std::string_view name) const {
  const Protector* strictest = nullptr;
  for (const Entry& entry : entries_) {
    if (entry.column.column != name || !entry.protector->Rule().results) continue;
    if (!strictest || Strictness(*entry.protector) > Strictness(*strictest)) strictest = entry.protector.get();
  }
  return *strictest;
}

Status Privacy::Protect(const std::vector<std::string>& names, clickhouse::Rows& rows) const {
  std::map<size_t, const Protector*> columns;
  for (const std::string& name : names) {
    for (size_t i = 0; i < rows.columns.size(); ++i) {
      if (!sql::ShowsColumn(rows.columns[i].name, name)) continue;
      columns[i] = &Strictest(name);
      const std::string note = "`" + rows.columns[i].name + "` is " + columns[i]->ShownAs() + " (privacy)";
      rows.notes.push_back(note);
    }
  }
  if (columns.empty()) return Ok();
  const bool rewritten = RewriteCells(rows, [&](size_t column, std::string_view value) {
    const auto found = columns.find(column);
    return found == columns.end() ? std::string(value) : found->second->Shown(value);
  });
  if (rewritten) return Ok();
  return MakeError(ErrorCode::kInternal, "the result could not be read to protect its columns (privacy)");
}

}  // namespace chimera::tools
