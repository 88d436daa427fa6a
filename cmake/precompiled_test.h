// What most tests include, compiled once, see precompiled_product.h.
#pragma once

#include <gtest/gtest.h>

#include "precompiled_product.h"
