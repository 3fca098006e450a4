#pragma once

#include <functional>
#include <string_view>

#include "doubles/mongodb/bson/element.h"

namespace dbstow::doubles::mongodb {

/// Calls `each` with every value that a query condition on a dotted path looks at: the value, and
/// the elements of arrays on the way and at the end. Stops when `each` returns true; returns
/// whether it did. An absent path gives one absent element.
[[nodiscard]] bool AnyValueAt(const Document& document, std::string_view path,
                              const std::function<bool(const Element&)>& each);

/// The values at a path without looking into the array at its end.
[[nodiscard]] bool AnyWholeValueAt(const Document& document, std::string_view path,
                                   const std::function<bool(const Element&)>& each);

}  // namespace dbstow::doubles::mongodb
