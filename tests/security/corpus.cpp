#include "tests/security/corpus.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/json.h"

namespace chimera::security {

std::string LoadText(const std::string& name) {
  std::ifstream file(std::string(CHIMERA_SECURITY_CORPUS) + "/" + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<Case> LoadCorpus(const std::string& name) {
  const std::string path = std::string(CHIMERA_SECURITY_CORPUS) + "/" + name;
  std::istringstream file(LoadText(name));
  std::vector<Case> cases;
  size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    const auto object = ParseJson(line);
    ++number;
    if (!object.ok() || !object->contains("sql") || !object->contains("mechanism")) {
      std::fprintf(stderr, "%s:%zu is no {\"mechanism\", \"sql\"}\n", path.c_str(), number);
      std::abort();
    }
    cases.push_back({(*object)["mechanism"], (*object)["sql"], number,
                     object->value("params", std::map<std::string, std::string>()),
                     object->value("dictionaries", std::vector<std::string>())});
  }
  if (cases.empty()) {
    std::fprintf(stderr, "no statements in %s\n", path.c_str());
    std::abort();
  }
  return cases;
}

}  // namespace chimera::security
