#pragma once

#include <cstddef>

#include "doubles/mongodb/bson/element.h"

namespace dbstow::doubles::mongodb {

/// The size of an element's value in a document known to be valid.
[[nodiscard]] std::size_t ValueSize(BsonType type, const char* value);

}  // namespace dbstow::doubles::mongodb
