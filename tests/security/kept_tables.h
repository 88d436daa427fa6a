// Whether hostile statements changed anything that an engine keeps.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace chimera::security {

/// Runs one statement and gives its rows as TSV, or the exception's text.
using Ask = std::function<std::string(const std::string& sql)>;

/// Makes the tables of tables.sql, which `statements` are. Ends the process with a message when one fails.
void MakeTables(const std::vector<std::string>& statements, const Ask& ask);
std::vector<std::string> TableStatements();

/// Databases, tables with their definitions and every row, accounts, roles, grants, policies, functions, mutations: a
/// text that changes when any of them does.
std::string KeptState(const Ask& ask);

}  // namespace chimera::security
