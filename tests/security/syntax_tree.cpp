#include "tests/security/syntax_tree.h"

#include <algorithm>
#include <vector>

#include "sql/name_policy.h"

namespace chimera::security {
namespace {

/// A line such as "   Function in (alias x) (children 1)".
struct Node {
  size_t depth;
  std::string_view kind;
  std::string_view name;
};

std::vector<Node> Parse(std::string_view explained) {
  std::vector<Node> nodes;
  while (!explained.empty()) {
    std::string_view line = explained.substr(0, explained.find('\n'));
    explained.remove_prefix(std::min(line.size() + 1, explained.size()));
    const size_t depth = std::min(line.find_first_not_of(' '), line.size());
    line.remove_prefix(depth);
    for (const std::string_view tail : {" (children ", " (alias "}) line = line.substr(0, line.rfind(tail));
    const size_t end = std::min(line.find(' '), line.size());
    nodes.push_back({depth, line.substr(0, end), line.substr(std::min(end + 1, line.size()))});
  }
  return nodes;
}

/// The `number`th argument of the function at `index`; nodes.size() when there is none.
size_t Argument(const std::vector<Node>& nodes, size_t index, size_t number) {
  const size_t depth = nodes[index].depth;
  for (size_t i = index + 1; i < nodes.size() && nodes[i].depth > depth; ++i) {
    if (nodes[i].depth == depth + 2 && number-- == 0) return i;
  }
  return nodes.size();
}

std::string DeniedTable(std::string_view name) {
  const size_t dot = name.find('.');
  if (dot == std::string_view::npos) return {};
  const std::string_view database = name.substr(0, dot);
  const std::string_view rest = name.substr(dot + 1);
  const std::string_view table = rest.substr(0, rest.find('.'));
  if (!sql::IsSystemDatabase(database) || sql::IsReadableSystemTable(database, table)) return {};
  return "it reads " + std::string(name);
}

std::string DeniedCall(const std::vector<Node>& nodes, size_t index) {
  const std::string name(nodes[index].name);
  if (sql::FunctionDenial(name)) return "it calls " + name;
  const bool higher_order = sql::IsHigherOrder(name);
  const bool in = sql::IsInFunction(name);
  const size_t argument = higher_order || in ? Argument(nodes, index, in ? 1 : 0) : nodes.size();
  if (argument == nodes.size() || nodes[argument].kind != "Identifier") return {};
  const std::string_view value = nodes[argument].name;
  if (in) return DeniedTable(value);
  const bool alone = Argument(nodes, index, 1) == nodes.size();
  return sql::FunctionDenial(value) && !alone ? name + " takes " + std::string(value) : "";
}

}  // namespace

std::string ObjectionToTree(std::string_view explained) {
  const std::vector<Node> nodes = Parse(explained);
  for (size_t i = 0; i < nodes.size(); ++i) {
    std::string objection;
    if (nodes[i].kind == "TableIdentifier") objection = DeniedTable(nodes[i].name);
    if (nodes[i].kind == "Function") objection = DeniedCall(nodes, i);
    const bool writes = nodes[i].kind.starts_with("Insert") || nodes[i].kind.starts_with("Create") ||
                        nodes[i].kind.starts_with("Drop") || nodes[i].kind.starts_with("Alter");
    if (writes) objection = "it holds " + std::string(nodes[i].kind);
    if (!objection.empty()) return objection;
  }
  return {};
}

}  // namespace chimera::security
