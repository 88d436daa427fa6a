// What the files that read the command line include, compiled once, see precompiled_product.h.
#pragma once

#include <CLI/CLI.hpp>

#include "precompiled_product.h"
