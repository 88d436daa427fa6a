#include "tests/security/differential.h"

#include "sql/read_gate.h"
#include "tests/security/mutator.h"

namespace chimera::security {

Report Compare(const Oracle& oracle, size_t statements, uint64_t seed, size_t tree_every) {
  constexpr size_t kEnough = 50;
  Mutator mutator(LoadCorpus("hostile.jsonl"), LoadCorpus("benign.jsonl"), seed);
  Report report;
  for (; report.statements < statements && report.objections.size() < kEnough; ++report.statements) {
    const auto passed = sql::CheckRead(mutator.Next());
    if (!passed.ok()) continue;
    ++report.passed;
    const Classification found = oracle.Classify(passed->text);
    if (found.statements == 0) continue;
    ++report.parsed;
    const bool tree = report.parsed % tree_every == 0;
    report.trees += tree ? 1 : 0;
    const std::string objection = oracle.Objection(passed->text, tree);
    if (!objection.empty()) report.objections.push_back(objection + ": " + passed->text);
  }
  return report;
}

}  // namespace chimera::security
