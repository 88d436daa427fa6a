// Where metrics go, as Datadog's own libraries read it from DD_….
#pragma once

#include "config/setting_reader.h"
#include "metrics/statsd.h"

namespace chimera::config {

metrics::StatsdOptions LoadStatsd(SettingReader& reader);

}  // namespace chimera::config
