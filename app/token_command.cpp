#include <cstdio>

#include "app/commands.h"
#include "auth/token_file.h"

namespace chimera::app {

int NewToken(const TokenCommand& command) {
  const std::string token = auth::NewToken();
  const auto line = auth::TokenLine(command.name, token, command.scopes);
  if (!line.ok()) {
    Report(line.error());
    return kMisused;
  }
  std::fputs("# The token, shown this once; its holder sends it as Authorization: Bearer TOKEN:\n", stderr);
  std::printf("%s\n", token.c_str());
  std::fflush(stdout);
  std::fprintf(stderr, "# The line for the file that CHIMERA_TOKENS_FILE names (chmod 600):\n%s\n", line->c_str());
  return kDone;
}

}  // namespace chimera::app
