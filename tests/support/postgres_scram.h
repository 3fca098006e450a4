#pragma once

#include <string>
#include <string_view>

namespace dbstow::test {

/// What a server keeps of `password` for SCRAM-SHA-256, with one iteration where it would take
/// 4096: a login then costs its client nothing. CREATE ROLE and initdb take it in the password's
/// place. `password` is ASCII: no other is normalized here.
[[nodiscard]] std::string CheapScramSecret(std::string_view password);

}  // namespace dbstow::test
