#include "engines/postgres/pg_unique_index.h"

namespace dbstow::postgres {
namespace {

/// Reads DDL from left to right.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  void SkipSpace() {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\n')) text_.remove_prefix(1);
  }
  bool Take(std::string_view words) {
    SkipSpace();
    if (!text_.starts_with(words)) return false;
    text_.remove_prefix(words.size());
    return true;
  }
  // A name, perhaps quoted, perhaps with a schema.
  std::string_view TakeName() {
    SkipSpace();
    return TakeUntil([](char c) { return c == ' ' || c == '\n' || c == '(' || c == ';'; });
  }
  // From '(' to its ')', both included.
  std::string_view TakeParentheses() {
    SkipSpace();
    if (text_.empty() || text_[0] != '(') return {};
    int depth = 0;
    bool ended = false;
    return TakeUntil([&](char c) {
      if (ended) return true;
      if (c == '(') ++depth;
      if (c == ')' && --depth == 0) ended = true;
      return false;
    });
  }
  std::string_view TakeStatementRest() {
    return TakeUntil([](char c) { return c == ';'; });
  }
  [[nodiscard]] std::string_view rest() const { return text_; }

 private:
  template <class Stop>
  std::string_view TakeUntil(Stop stop) {
    char quote = 0;
    std::size_t i = 0;
    for (; i < text_.size(); ++i) {
      const char c = text_[i];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (stop(c)) {
        break;
      } else if (c == '"' || c == '\'') {
        quote = c;
      }
    }
    const std::string_view taken = text_.substr(0, i);
    text_.remove_prefix(i);
    return taken;
  }

  std::string_view text_;
};

}  // namespace

std::optional<UniqueInTwoSteps> SplitUniqueConstraint(std::string_view ddl) {
  Reader reader(ddl);
  if (!reader.Take("ALTER TABLE ONLY ")) return std::nullopt;
  const std::string table(reader.TakeName());
  if (!reader.Take("ADD CONSTRAINT ")) return std::nullopt;
  const std::string name(reader.TakeName());
  const bool primary = reader.Take("PRIMARY KEY");
  if (!primary && !reader.Take("UNIQUE")) return std::nullopt;
  const std::string nulls = reader.Take("NULLS NOT DISTINCT") ? " NULLS NOT DISTINCT" : "";
  const std::string columns(reader.TakeParentheses());
  // A period (WITHOUT OVERLAPS, 18) is no plain unique index.
  if (columns.empty() || columns.find(" WITHOUT OVERLAPS") != std::string::npos)
    return std::nullopt;
  std::string parameters;
  if (reader.Take("INCLUDE ")) parameters += " INCLUDE " + std::string(reader.TakeParentheses());
  parameters += nulls;
  if (reader.Take("WITH ")) parameters += " WITH " + std::string(reader.TakeParentheses());
  const std::string deferral(reader.TakeStatementRest());
  UniqueInTwoSteps steps;
  steps.create_index =
      "CREATE UNIQUE INDEX " + name + " ON " + table + " USING btree " + columns + parameters;
  steps.add_constraint = "ALTER TABLE ONLY " + table + " ADD CONSTRAINT " + name +
                         (primary ? " PRIMARY KEY" : " UNIQUE") + " USING INDEX " + name +
                         deferral + std::string(reader.rest());
  return steps;
}

}  // namespace dbstow::postgres
