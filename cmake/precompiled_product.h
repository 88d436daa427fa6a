// What most files include, compiled once: half of a file's compile time is reading these. A file still includes what it
// uses; configure with -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON to see whether it does.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>
