// security-fuzz [STATEMENTS [SEED [TREE_EVERY]]]: the differential fuzz in its long form; prints what it found.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "tests/security/differential.h"

int main(int argc, char** argv) {
  const size_t statements = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  const size_t tree_every = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 4;
  const auto oracle = chimera::security::Oracle::Create();
  if (!oracle) {
    std::fprintf(stderr, "%s\n", oracle.error().message.c_str());
    return 1;
  }
  const auto report = chimera::security::Compare(**oracle, statements, seed, tree_every == 0 ? 1 : tree_every);
  for (const auto& objection : report.objections) std::printf("%s\n", objection.c_str());
  std::printf(
      "%zu statements of seed %llu: the gate passed %zu, the engine parsed %zu of them, %zu syntax trees, "
      "%zu objections\n",
      report.statements, static_cast<unsigned long long>(seed), report.passed, report.parsed, report.trees,
      report.objections.size());
  std::fflush(nullptr);
  std::_Exit(report.objections.empty() ? 0 : 1);  // the library's threads run on while its statics are destroyed
}
