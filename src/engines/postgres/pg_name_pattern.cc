#include "engines/postgres/pg_name_pattern.h"

namespace dbstow::postgres {

/// Reads one name after the other, with their quotes and stars.
class PatternParser {
 public:
  using Pieces = std::vector<std::string>;

  explicit PatternParser(std::string_view text) : text_(text) {}

  [[nodiscard]] bool AtEnd() const { return position_ >= text_.size(); }
  [[nodiscard]] std::size_t position() const { return position_; }
  bool Skip(char letter) {
    if (AtEnd() || text_[position_] != letter) return false;
    ++position_;
    return true;
  }

  // Up to an unquoted dot or comma.
  Result<Pieces> Name() {
    const std::size_t begin = position_;
    Pieces pieces(1);
    while (!AtEnd() && text_[position_] != '.' && text_[position_] != ',') {
      const char letter = text_[position_++];
      if (letter == '*') {
        pieces.emplace_back();
      } else if (letter == '"') {
        DBSTOW_TRY(Quoted(pieces.back()));
      } else {
        pieces.back() += letter;
      }
    }
    if (position_ == begin) return Malformed("a name is empty");
    return pieces;
  }

  Result<NamePattern> Pattern() {
    const std::size_t begin = position_;
    NamePattern pattern;
    DBSTOW_ASSIGN(pattern.name_, Name());
    if (Skip('.')) {
      pattern.schema_ = std::move(pattern.name_);
      DBSTOW_ASSIGN(pattern.name_, Name());
    }
    if (!AtEnd() && text_[position_] == '.') return Malformed("it has more than one dot");
    pattern.text_ = std::string(text_.substr(begin, position_ - begin));
    return pattern;
  }

  [[nodiscard]] Error Malformed(std::string_view why) const {
    return Error(ErrorCode::kInvalidOptions,
                 "'" + std::string(text_) + "' is no name of a table: " + std::string(why))
        .WithHint(
            "write schema.table; put names that hold a dot, comma, star or quote into "
            "double quotes");
  }

 private:
  Result<void> Quoted(std::string& into) {
    while (!AtEnd()) {
      const char letter = text_[position_++];
      if (letter != '"') {
        into += letter;
      } else if (!Skip('"')) {
        return {};
      } else {
        into += '"';
      }
    }
    return Malformed("a quote is not closed");
  }

  std::string_view text_;
  std::size_t position_ = 0;
};

namespace {

bool MatchesPieces(const std::vector<std::string>& pieces, std::string_view name) {
  const std::string& first = pieces.front();
  if (pieces.size() == 1) return name == first;
  if (!name.starts_with(first)) return false;
  name.remove_prefix(first.size());
  const std::string& last = pieces.back();
  if (!name.ends_with(last)) return false;
  name.remove_suffix(last.size());
  // What is between the first and the last star matches as early as it can.
  for (std::size_t i = 1; i + 1 < pieces.size(); ++i) {
    const std::size_t at = name.find(pieces[i]);
    if (at == std::string_view::npos) return false;
    name.remove_prefix(at + pieces[i].size());
  }
  return true;
}

std::string WriteName(std::string_view name) {
  if (!name.empty() && name.find_first_of(".,*\"") == std::string_view::npos) {
    return std::string(name);
  }
  std::string quoted = "\"";
  for (const char letter : name) {
    if (letter == '"') quoted += '"';
    quoted += letter;
  }
  return quoted + "\"";
}

}  // namespace

Result<DottedName> DottedName::Parse(std::string_view text) {
  PatternParser parser(text);
  DottedName result;
  DBSTOW_ASSIGN(auto pieces, parser.Name());
  if (parser.Skip('.')) {
    if (pieces.size() > 1) return parser.Malformed("a star stands for no single table");
    result.schema = std::move(pieces.front());
    DBSTOW_ASSIGN(pieces, parser.Name());
  }
  if (pieces.size() > 1) return parser.Malformed("a star stands for no single table");
  if (!parser.AtEnd()) return parser.Malformed("it has more than one dot, or a comma");
  result.name = std::move(pieces.front());
  return result;
}

Result<NamePattern> NamePattern::Parse(std::string_view text) {
  PatternParser parser(text);
  DBSTOW_ASSIGN(NamePattern pattern, parser.Pattern());
  if (!parser.AtEnd()) return parser.Malformed("it holds a comma");
  return pattern;
}

Result<std::vector<NamePattern>> NamePattern::ParseList(std::string_view text) {
  PatternParser parser(text);
  std::vector<NamePattern> patterns;
  do {
    DBSTOW_ASSIGN(NamePattern pattern, parser.Pattern());
    patterns.push_back(std::move(pattern));
  } while (parser.Skip(','));
  return patterns;
}

bool NamePattern::Matches(std::string_view schema, std::string_view name) const {
  return (!schema_ || MatchesPieces(*schema_, schema)) && MatchesPieces(name_, name);
}

bool NamePattern::MatchesName(std::string_view name) const {
  return !schema_ && MatchesPieces(name_, name);
}

std::string WriteDotted(std::string_view schema, std::string_view name) {
  return WriteName(schema) + "." + WriteName(name);
}

}  // namespace dbstow::postgres
