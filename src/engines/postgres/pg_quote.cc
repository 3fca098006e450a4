#include "engines/postgres/pg_quote.h"

#include <algorithm>

namespace dbstow::postgres {

std::string QuoteIdentifier(std::string_view name) {
  std::string quoted = "\"";
  for (char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string QuoteQualified(std::string_view schema, std::string_view name) {
  return QuoteIdentifier(schema) + "." + QuoteIdentifier(name);
}

std::string QuoteLiteral(std::string_view text) {
  const bool escaped = text.find('\\') != std::string_view::npos;
  std::string quoted = escaped ? "E'" : "'";
  for (char c : text) {
    if (c == '\'' || c == '\\') quoted += c;
    quoted += c;
  }
  return quoted + "'";
}

std::string QuoteList(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    list += (list.empty() ? "" : ", ") + QuoteIdentifier(name);
  }
  return list;
}

std::string CutName(std::string_view name, std::size_t bytes) {
  std::size_t end = std::min(name.size(), bytes);
  // Bytes 10xxxxxx continue a character: never begin what is cut away with one.
  while (end > 0 && end < name.size() && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) {
    --end;
  }
  return std::string(name.substr(0, end));
}

}  // namespace dbstow::postgres
