// Who may call the server over HTTP, put together from the configuration.
#pragma once

#include <memory>
#include <stop_token>

#include "auth/authorizer.h"
#include "config/config.h"

namespace chimera::app {

/// Reads the token file and the keys: null when nobody has to say who he is. kIoError or kInvalidArgument naming the
/// file and what is wrong with it. Keys of a URL are fetched when they are needed; `stop` ends that.
Result<std::unique_ptr<auth::Authorizer>> CreateAuthorizer(const config::Authorization& settings, std::stop_token stop);

/// kInvalidArgument when `host` is not of this machine alone and nothing says who may call: neither tokens nor client
/// certificates.
Status CheckReach(const config::Config& config, const std::string& host);

}  // namespace chimera::app
