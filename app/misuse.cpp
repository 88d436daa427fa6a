#include "app/misuse.h"

#include <cstdio>
#include <set>

#include "app/commands.h"
#include "base/text.h"

namespace chimera::app {
namespace {

// The flags of the program and of the chosen command.
void AddFlags(const CLI::App& app, std::set<std::string>& names) {
  for (const auto* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) names.insert("--" + name);
  }
  // Groups of options are nameless commands.
  for (const auto* group : app.get_subcommands([](const CLI::App* sub) { return sub->get_name().empty(); })) {
    AddFlags(*group, names);
  }
  for (const auto* chosen : app.get_subcommands()) AddFlags(*chosen, names);
}

const CLI::App& Chosen(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : Chosen(*chosen.front());
}

std::vector<std::string> Commands(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* sub : app.get_subcommands([](const CLI::App* any) { return !any->get_name().empty(); })) {
    names.push_back(sub->get_name());
  }
  return names;
}

std::string AboutFlag(const CLI::App& app, const std::string& word) {
  const std::string flag = word.substr(0, word.find('='));
  if (flag == "--ch-password" || flag == "--ch-write-password") {
    return "there is no flag " + flag + ", because everybody can read the arguments of a process: use " + flag +
           "-file, the environment or a settings file";
  }
  std::set<std::string> flags;
  AddFlags(app, flags);
  const std::string near = DidYouMean(flag, {flags.begin(), flags.end()});
  return "there is no flag " + flag + (near.empty() ? "" : "; " + near);
}

std::string AboutCommand(const CLI::App& app, const std::string& word) {
  const CLI::App& chosen = Chosen(app);
  const std::vector<std::string> commands = Commands(chosen);
  if (commands.empty()) return "`" + word + "` is one argument too many";
  const std::string near = DidYouMean(word, commands);
  const std::string path = chosen.get_parent() ? chosen.get_name() + " " : "";
  return "there is no command `" + path + word + "`; " + (near.empty() ? "there are " + Join(commands, ", ") : near);
}

}  // namespace

int ReportMisuse(const CLI::App& app, const CLI::ParseError& error) {
  const auto unknown = app.remaining(true);
  const bool help = error.get_exit_code() == 0;
  if (help || unknown.empty()) return app.exit(error) == 0 ? kDone : kMisused;
  // The first unknown flag, if any: the word behind it is probably its value.
  std::string word = unknown.front();
  for (auto next = unknown.rbegin(); next != unknown.rend(); ++next) {
    if (next->starts_with('-')) word = *next;
  }
  const std::string about = word.starts_with('-') ? AboutFlag(app, word) : AboutCommand(app, word);
  std::fprintf(stderr, "chimera-mcp: %s\nRun with --help for more information.\n", about.c_str());
  return kMisused;
}

}  // namespace chimera::app
