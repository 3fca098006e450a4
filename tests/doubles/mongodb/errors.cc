#include "doubles/mongodb/errors.h"

#include <charconv>
#include <utility>

namespace dbstow::doubles::mongodb {

Error CommandFailure(int code, std::string message) {
  Error error(ErrorCode::kInvalidOptions, message);
  error.WithNative({"mongodb", std::to_string(code), std::move(message)});
  return error;
}

int CodeOf(const Error& error) {
  int code = kInternalError;
  if (error.native().has_value() && error.native()->system == "mongodb") {
    const std::string& text = error.native()->code;
    std::from_chars(text.data(), text.data() + text.size(), code);
  }
  return code;
}

std::string CodeName(int code) {
  switch (code) {
#define MONGO_CODE(id, number, name) \
  case number: return name;
#include "doubles/mongodb/error_codes.def"
#undef MONGO_CODE
    default: return "Location" + std::to_string(code);
  }
}

}  // namespace dbstow::doubles::mongodb
