#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dbstow/core/result.h"

namespace dbstow::doubles::snowflake {

enum class TokenKind {
  kWord,      ///< unquoted identifier or keyword; `text` is in upper case
  kQuoted,    ///< "identifier"; `text` without the quotes
  kString,    ///< 'text' or $$text$$
  kNumber,    ///< digits, point, exponent
  kSymbol,    ///< operator or punctuation
  kPosition,  ///< $1; `text` is the number
  kBind,      ///< ? (text empty) or :1 (text "1")
  kStage,     ///< @…; `text` without the @
  kFile,      ///< file://… unquoted; `text` with the scheme
  kEnd,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;
  std::string_view source;  ///< as it was written; of kEnd, where the text ends
  int line = 1;
  int column = 0;  ///< from 0, as the vendor's messages count
};

/// Cuts `sql` into tokens, the last one kEnd; comments (`--`, `//`, `/* */`) go. `sql` must outlive
/// the tokens. Errors: 001003 for an unterminated string, comment or identifier and for a byte that
/// starts no token.
[[nodiscard]] Result<std::vector<Token>> Tokenize(std::string_view sql);

}  // namespace dbstow::doubles::snowflake
