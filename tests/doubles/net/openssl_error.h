#pragma once

#include <string_view>

#include "dbstow/core/error.h"

namespace dbstow::doubles {

/// IOError with the first reason in OpenSSL's queue of this thread, which it empties.
[[nodiscard]] Error OpensslError(std::string_view what);

}  // namespace dbstow::doubles
