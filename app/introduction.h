// How the server introduces itself to clients and models: its instructions, its icon, and the guide to its data.
#pragma once

#include <string>

#include "app/backend.h"
#include "guide/guide.h"
#include "mcp/icon.h"

namespace chimera::app {

/// For the model, in under 200 words; tools are spelled as they are listed.
std::string Instructions(Backend& backend);

/// A drawing of under 1 KB, as a data: URI.
mcp::Icon ServerIcon();

/// Over the program's own client. `backend` must outlive it.
guide::Guide GuideTo(Backend& backend, const config::Config& config);

}  // namespace chimera::app
