#pragma once

#include <functional>

#include "doubles/mongodb/bson/element.h"

namespace dbstow::doubles::mongodb {

/// The part of `$jsonSchema` that validators commonly use: bsonType, required, properties, minimum,
/// maximum, title, description. Errors: FailedToParse for any other keyword.
[[nodiscard]] Result<std::function<bool(const Document&)>> ParseJsonSchema(const Element& schema);

}  // namespace dbstow::doubles::mongodb
