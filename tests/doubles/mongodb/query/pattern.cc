#include "doubles/mongodb/query/pattern.h"

#include <string>

#include "doubles/mongodb/errors.h"

namespace dbstow::doubles::mongodb {
namespace {

// std::regex recurses once a character: longer subjects and patterns would exhaust the stack.
constexpr std::size_t kMaxSubject = 4096;
constexpr std::size_t kMaxPattern = 512;

}  // namespace

Result<Pattern> Pattern::Parse(std::string_view pattern, std::string_view options) {
  // The library's other algorithm takes exponential time for some patterns. No back references.
  auto flags = std::regex_constants::ECMAScript | std::regex_constants::__polynomial;
  for (const char option : options) {
    if (option == 'i') {
      flags |= std::regex::icase;
    } else if (option == 'm') {
      flags |= std::regex::multiline;
    } else if (option != 's') {
      return CommandFailure(kBadValue, "invalid flag in regex options: " + std::string(options));
    }
  }
  if (pattern.size() > kMaxPattern) {
    return CommandFailure(kBadValue, "Regular expression is too long");
  }
  try {
    Pattern parsed;
    parsed.regex_ = std::make_shared<const std::regex>(std::string(pattern), flags);
    return parsed;
  } catch (const std::regex_error& error) {
    return CommandFailure(kBadValue, "Regular expression is invalid: " + std::string(error.what()));
  }
}

Result<Pattern> Pattern::FromRegex(const Element& regex) {
  const std::string_view pattern(regex.value().data());
  return Parse(pattern, std::string_view(regex.value().data() + pattern.size() + 1));
}

bool Pattern::Matches(std::string_view text) const {
  try {
    return std::regex_search(std::string(text.substr(0, kMaxSubject)), *regex_);
  } catch (const std::regex_error&) {
    return false;  // too complex for the library
  }
}

}  // namespace dbstow::doubles::mongodb
