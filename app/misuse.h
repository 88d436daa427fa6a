// What the program says when it was called wrongly.
#pragma once

#include <CLI/CLI.hpp>

namespace chimera::app {

/// Prints what --help and --version ask for on stdout, otherwise what is wrong with the command line on stderr, with
/// the nearest command or flag where a word is unknown. Returns the exit code.
int ReportMisuse(const CLI::App& app, const CLI::ParseError& error);

}  // namespace chimera::app
