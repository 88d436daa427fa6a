// New statements out of the corpus: tokens removed, doubled, swapped and replaced, statements spliced, words quoted,
// comments and stray bytes strewn in. The same seed gives the same statements everywhere.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "tests/security/corpus.h"

namespace chimera::security {

class Mutator {
 public:
  Mutator(const std::vector<Case>& hostile, const std::vector<Case>& benign, uint64_t seed);

  /// The next statement; one without a change now and then is no harm.
  std::string Next();

 private:
  using Words = std::vector<std::string>;  ///< a statement's tokens

  size_t Below(size_t bound) { return bound == 0 ? 0 : random_() % bound; }
  const Words& Any(const std::vector<Words>& statements) { return statements[Below(statements.size())]; }
  const Words& AnyStatement() { return Any(Below(2) == 0 ? hostile_ : benign_); }
  const std::string& AnyWord() { return pool_[Below(pool_.size())]; }
  void Change(Words& words);
  void Splice(Words& words);
  std::string Disguised(std::string word);
  std::string Written(const Words& words);

  std::mt19937_64 random_;
  std::vector<Words> hostile_;
  std::vector<Words> benign_;
  Words pool_;
};

}  // namespace chimera::security
