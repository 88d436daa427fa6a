#include "app/hidden_arguments.h"

#include <cstring>
#include <string_view>

namespace chimera::app {
namespace {

void Hide(char* from) {
  std::memset(from, '*', std::strlen(from));
}

void HideAccount(char* account) {
  if (char* colon = std::strchr(account, ':'); colon != nullptr) Hide(colon + 1);
}

void HideAddress(char* argument) {
  if (std::strchr(argument, '@') == nullptr) return;
  if (char* host = std::strstr(argument, "://"); host != nullptr) Hide(host + 3);
}

}  // namespace

void HideArguments(int argc, char** argv) {
  constexpr std::string_view kUser = "--user";
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == kUser && i + 1 < argc) HideAccount(argv[i + 1]);
    if (argument.starts_with("--user=")) HideAccount(argv[i] + kUser.size());
    HideAddress(argv[i]);
  }
}

}  // namespace chimera::app
