// The settings of the dataset `timestore`, and what it needs of others.
#pragma once

#include "config/config.h"
#include "config/setting_reader.h"

namespace chimera::config {

/// Where the dataset is on, the toolset gets its tools. It needs the buffer and unsharded tables; `config` has its
/// datasets, layout and buffer.
void LoadTimestore(SettingReader& reader, Config& config);

}  // namespace chimera::config
