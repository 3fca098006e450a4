#include "doubles/snowflake/sql/ast.h"

#include <cctype>

namespace dbstow::doubles::snowflake {

std::string ToString(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::kAccount: return "ACCOUNT";
    case ObjectKind::kDatabase: return "DATABASE";
    case ObjectKind::kSchema: return "SCHEMA";
    case ObjectKind::kTable: return "TABLE";
    case ObjectKind::kView: return "VIEW";
    case ObjectKind::kSequence: return "SEQUENCE";
    case ObjectKind::kStage: return "STAGE";
    case ObjectKind::kFileFormat: return "FILE FORMAT";
    case ObjectKind::kWarehouse: return "WAREHOUSE";
    case ObjectKind::kRole: return "ROLE";
    case ObjectKind::kUser: return "USER";
  }
  return "OBJECT";
}

std::string QuoteIdentifier(const std::string& part) {
  bool plain =
      !part.empty() && (std::isdigit(static_cast<unsigned char>(part[0])) == 0) && part[0] != '$';
  for (const char letter : part) {
    const auto byte = static_cast<unsigned char>(letter);
    plain = plain &&
            (std::isupper(byte) != 0 || std::isdigit(byte) != 0 || letter == '_' || letter == '$');
  }
  if (plain) return part;
  std::string quoted = "\"";
  for (const char letter : part) {
    quoted += letter;
    if (letter == '"') quoted += '"';
  }
  return quoted + "\"";
}

std::string ToString(const Name& name) {
  std::string text;
  for (const std::string& part : name.parts) {
    if (!text.empty()) text += ".";
    text += QuoteIdentifier(part);
  }
  return text;
}

const Property* FindProperty(const Properties& properties, std::string_view key) {
  const Property* found = nullptr;
  for (const Property& property : properties) {
    if (property.key == key) found = &property;
  }
  return found;
}

}  // namespace dbstow::doubles::snowflake
