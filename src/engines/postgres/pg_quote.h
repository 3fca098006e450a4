#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dbstow::postgres {

/// Always quoted, whatever the name: `"Täble ""x"""`.
[[nodiscard]] std::string QuoteIdentifier(std::string_view name);
/// `"schema"."name"`.
[[nodiscard]] std::string QuoteQualified(std::string_view schema, std::string_view name);
/// As the server's quote_literal: safe whatever standard_conforming_strings says.
[[nodiscard]] std::string QuoteLiteral(std::string_view text);
/// `"a", "b"`; empty for no names.
[[nodiscard]] std::string QuoteList(const std::vector<std::string>& names);
/// The longest prefix of `name` that is at most `bytes` long and does not end within a UTF-8
/// character. The server cuts names at 63 bytes.
[[nodiscard]] std::string CutName(std::string_view name, std::size_t bytes);

}  // namespace dbstow::postgres
