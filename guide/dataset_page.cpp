#include "guide/dataset_page.h"

#include "guide/table_page.h"
#include "guide/table_uri.h"
#include "guide/wording.h"

namespace chimera::guide {
namespace {

std::string Tables(const schema::Dataset& dataset, const std::vector<TableFacts>& tables) {
  std::string text = "\n## Tables\n\nEach has a page: " + TableUri(dataset.database, "TABLE") + "\n\n";
  for (const auto& table : tables) {
    const std::string comment = OneLine(table.description.comment);
    text += TableLine(table) + (comment.empty() ? "" : ". " + comment) + "\n";
  }
  if (tables.empty()) text += "None yet: `chimera-mcp schema apply` creates them.\n";
  return text;
}

template <typename Tool>
std::string Lines(const std::vector<Tool>& tools, const Offers& offers = {}) {
  std::string text;
  for (const auto& tool : tools) {
    if (offers && !offers(tool.name)) continue;
    text += "- `" + tool.name + "`: " + FirstSentence(tool.description) + "\n";
  }
  return text;
}

}  // namespace

std::string DatasetPage(const schema::Dataset& dataset, const std::vector<TableFacts>& tables, const Offers& offers) {
  std::string text = "# " + dataset.title + "\n\n" + dataset.description + "\n\nDatabase: `" + dataset.database + "`\n";
  text += Tables(dataset, tables);
  const std::string tools = Lines(dataset.analyses, offers) + Lines(dataset.inserts, offers);
  if (!tools.empty()) text += "\n## Tools\n\n" + tools;
  if (!dataset.prompts.empty()) text += "\n## Prompts\n\n" + Lines(dataset.prompts);
  if (!dataset.glossary.empty()) text += "\n## Glossary\n\n";
  for (const auto& term : dataset.glossary) text += "- " + term.name + ": " + term.meaning + "\n";
  return text;
}

}  // namespace chimera::guide
