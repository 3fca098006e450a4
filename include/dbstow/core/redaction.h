#pragma once

#include <string>
#include <string_view>

#include "dbstow/core/result.h"

namespace dbstow {

/// The text with `***` in place of what looks like a password: in each word (what white space
/// bounds), from the first `:` that begins no scheme to the last `@`, and after `password=` up to a
/// `&`. Rather too much than too little; a text without either comes back as it is.
[[nodiscard]] std::string WithoutPasswords(std::string text);

/// For names and places that are shown, audited and kept: a login has no place in a URI there.
/// `what` names it in the message. Errors: InvalidOptions.
[[nodiscard]] Result<void> RefuseLogin(std::string_view what, std::string_view text);

/// For what goes on to a system call or a server: there a text ends at its first zero byte, and a
/// path or name would be another one. Errors: InvalidOptions.
[[nodiscard]] Result<void> RefuseZeroByte(std::string_view what, std::string_view text);

}  // namespace dbstow
