#pragma once

#include <string>
#include <string_view>

#include "dbstow/core/result.h"

namespace dbstow::doubles::mongodb {

/// The vendor's error codes that this double answers with (base/error_codes.yml of the server).
enum ServerCode : int {
#define MONGO_CODE(id, number, name) id = number,
#include "doubles/mongodb/error_codes.def"
#undef MONGO_CODE
};

/// A failed command. The vendor's number travels in `Error::native()`.
[[nodiscard]] Error CommandFailure(int code, std::string message);

/// The number in a `CommandFailure`; 1 (InternalError) for any other error.
[[nodiscard]] int CodeOf(const Error& error);
/// "BadValue"; "Location40324" for numbers without a name, as the vendor does.
[[nodiscard]] std::string CodeName(int code);

}  // namespace dbstow::doubles::mongodb
