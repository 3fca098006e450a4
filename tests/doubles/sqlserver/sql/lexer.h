#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "doubles/sqlserver/value/sql_result.h"

namespace dbstow::doubles::sqlserver {

enum class TokenKind {
  kWord,        ///< keyword or plain identifier
  kQuotedName,  ///< [name] or "name"
  kString,      ///< 'text'
  kWideString,  ///< N'text'
  kInteger,
  kDecimal,
  kFloat,
  kBinary,    ///< 0x…; the text is the hexadecimal digits
  kVariable,  ///< @name
  kGlobal,    ///< @@name
  kSymbol,
  kEnd,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;  ///< without quotes and escapes
  int line = 1;
};

/// Ends with a kEnd token. Errors: 102, 103 (name too long), 105 (quote not closed), 113 (comment
/// not closed), each with its line.
[[nodiscard]] SqlResult<std::vector<Token>> Tokenize(std::string_view sql);

/// True for a word that T-SQL reserves, which cannot name anything without quotes.
[[nodiscard]] bool IsReserved(std::string_view word);

}  // namespace dbstow::doubles::sqlserver
