// Runs a fuzz target without a fuzzer: every input of its corpus, then as many changed ones as are asked for, the same
// in every run. `X_replay CORPUS COUNT [DICTIONARY]`.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz.h"

namespace {

using Random = std::mt19937;  // the same numbers everywhere, unlike the library's distributions

constexpr size_t kMaxInput = 1u << 16;

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> ReadCorpus(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> corpus;
  std::transform(paths.begin(), paths.end(), std::back_inserter(corpus), ReadFile);
  return corpus;
}

/// The words of a libFuzzer dictionary: `"word"` a line, with \" and \\ and \xNN.
std::vector<std::string> ReadWords(const char* path) {
  std::vector<std::string> words;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.size() < 2 || line.front() != '"') continue;
    std::string word;
    for (size_t i = 1; i + 1 < line.size(); ++i) {
      if (line[i] != '\\') {
        word += line[i];
      } else if (line[++i] == 'x') {
        word += static_cast<char>(std::stoi(line.substr(i + 1, 2), nullptr, 16));
        i += 2;
      } else {
        word += line[i];
      }
    }
    words.push_back(word);
  }
  return words;
}

const std::string& AnyOf(const std::vector<std::string>& all, Random& random) {
  return all[random() % all.size()];
}

void Change(std::string& input, const std::vector<std::string>& corpus, const std::vector<std::string>& words,
            Random& random) {
  const size_t at = random() % (input.size() + 1);
  const size_t length = random() % (1 + std::min<size_t>(input.size() - at, 64));
  switch (random() % 7) {
    case 0:
      return void(input.erase(at, length));
    case 1:
      return void(input.insert(random() % (input.size() + 1), input.substr(at, length)));
    case 2:
      return void(input.replace(at, length, AnyOf(words, random)));
    case 3:
      return void(input.insert(at, AnyOf(words, random)));
    case 4: {
      const std::string& other = AnyOf(corpus, random);
      return void(input.replace(at, input.npos, other, random() % (other.size() + 1)));
    }
    case 5:
      if (at < input.size()) input[at] ^= static_cast<char>(1u << random() % 8);
      return;
    default:
      if (at < input.size()) input[at] = static_cast<char>(random());
  }
}

void Run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return std::cerr << "usage: " << argv[0] << " CORPUS COUNT [DICTIONARY]\n", 2;
  const std::vector<std::string> corpus = ReadCorpus(argv[1]);
  std::vector<std::string> words = argc > 3 ? ReadWords(argv[3]) : std::vector<std::string>();
  words.push_back("\n");
  if (corpus.empty()) return std::cerr << "the corpus is empty\n", 1;
  for (const std::string& input : corpus) Run(input);
  const int count = std::atoi(argv[2]);
  Random random(1);
  for (int i = 0; i < count; ++i) {
    std::string input = AnyOf(corpus, random);
    for (auto changes = 1 + random() % 8; changes > 0; --changes) Change(input, corpus, words, random);
    if (input.size() <= kMaxInput) Run(input);
  }
  std::cout << corpus.size() << " inputs and " << count << " changed ones\n";
}
