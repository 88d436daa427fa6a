// What an account may do beyond reading, from the words of SHOW GRANTS. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chimera::clickhouse {

/// The privileges of one line of SHOW GRANTS ("GRANT SELECT, INSERT ON db.* TO user") that change something or reach
/// outside, as it names them: {"INSERT ON db.*"}. What is not known to read counts. Empty for a line that revokes or
/// that grants roles.
std::vector<std::string> BeyondReading(std::string_view grant);

/// The roles of a line such as "GRANT a, `b` TO user", quoted as it quotes them; empty when it grants privileges.
std::vector<std::string> GrantedRoles(std::string_view grant);

}  // namespace chimera::clickhouse
