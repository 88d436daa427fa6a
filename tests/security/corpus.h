// The statements of tests/security/*.jsonl: one JSON object a line, {"mechanism": …, "sql": …}, and for benign ones
// perhaps "params" (their values, as in TSV) and "dictionaries" (which the operator opened).
#pragma once

#include <map>
#include <string>
#include <vector>

namespace chimera::security {

struct Case {
  std::string mechanism;  ///< how a hostile statement goes about it; what a benign one uses
  std::string sql;
  size_t line = 0;  ///< in its file, from 1
  std::map<std::string, std::string> parameters;
  std::vector<std::string> dictionaries;
};

/// `name` is a file of this folder, such as "hostile.jsonl". Ends the process with a message when it cannot be read:
/// without its corpus no test here means anything.
std::vector<Case> LoadCorpus(const std::string& name);
/// The same for another file's text, such as "tables.sql".
std::string LoadText(const std::string& name);

}  // namespace chimera::security
