#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doubles/snowflake/sql/ast.h"
#include "doubles/snowflake/sql/lexer.h"

namespace dbstow::doubles::snowflake {

/// Walks over the tokens of a text. The small pieces that every statement shares are read here:
/// keywords, names, strings, integers, option lists.
class TokenCursor {
 public:
  /// `tokens` ends with kEnd.
  explicit TokenCursor(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  [[nodiscard]] const Token& Peek(size_t ahead = 0) const;
  const Token& Next();
  [[nodiscard]] bool AtEnd() const;  ///< at `;` or the end of the text

  [[nodiscard]] bool IsWord(std::string_view word, size_t ahead = 0) const;
  [[nodiscard]] bool IsSymbol(std::string_view symbol, size_t ahead = 0) const;
  /// Takes the words if all of them come next, in this order.
  bool TakeWords(std::initializer_list<std::string_view> words);
  bool TakeWord(std::string_view word) { return TakeWords({word}); }
  bool TakeSymbol(std::string_view symbol);

  /// Each of these is 001003 at the offending token when something else comes.
  [[nodiscard]] Result<void> ExpectWord(std::string_view word);
  [[nodiscard]] Result<void> ExpectSymbol(std::string_view symbol);
  [[nodiscard]] Result<std::string> ExpectString();
  [[nodiscard]] Result<int64_t> ExpectInteger();
  /// An identifier that is no reserved word.
  [[nodiscard]] Result<std::string> ExpectIdentifier();
  /// A word of any kind, in upper case.
  [[nodiscard]] Result<std::string> ExpectAnyWord();
  /// One to `most` identifiers with dots, or IDENTIFIER('…').
  [[nodiscard]] Result<Name> ExpectName(size_t most = 3);
  [[nodiscard]] Result<std::vector<std::string>> ExpectIdentifierList();
  /// `@…`, also in quotes.
  [[nodiscard]] Result<StageLocation> ExpectStage();
  [[nodiscard]] bool AtStage() const;
  /// `KEY = value` pairs up to something that is none. Keys outside `known` are 001423.
  [[nodiscard]] Result<Properties> ReadProperties(std::initializer_list<std::string_view> known);

  [[nodiscard]] Error Unexpected() const;

 private:
  [[nodiscard]] Result<Property> ReadProperty();
  [[nodiscard]] Result<void> ReadPropertyValue(Property& property);
  [[nodiscard]] Result<void> ReadPropertyList(Property& property);

  std::vector<Token> tokens_;
  size_t at_ = 0;
};

/// Splits "db.s.\"t\"" as a name. Errors: 001003.
[[nodiscard]] Result<Name> ParseName(std::string_view text);
/// Reads the text after `@`. Errors: 001003.
[[nodiscard]] Result<StageLocation> ParseStageLocation(std::string_view text);

}  // namespace dbstow::doubles::snowflake
