// Which addresses may connect to a listener.
#pragma once

#include <functional>
#include <string>

namespace chimera::http {

/// Whether `ip`, as a socket names it, may connect: asked before a byte of the connection is read. Any thread.
using Admits = std::function<bool(const std::string& ip)>;

}  // namespace chimera::http
