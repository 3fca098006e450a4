#include "doubles/snowflake/exec/property_text.h"

#include <cctype>

namespace dbstow::doubles::snowflake {

std::string Upper(std::string text) {
  for (char& letter : text)
    letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  return text;
}

bool IsTrue(const Properties& options, std::string_view key) {
  const Property* property = FindProperty(options, key);
  return property != nullptr && Upper(property->text) == "TRUE";
}

}  // namespace dbstow::doubles::snowflake
