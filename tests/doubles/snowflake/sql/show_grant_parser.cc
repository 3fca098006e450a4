#include <algorithm>
#include <array>

#include "doubles/snowflake/sql/sql_error.h"
#include "doubles/snowflake/sql/statement_parsers.h"

namespace dbstow::doubles::snowflake {
namespace {

constexpr std::array<std::string_view, 14> kShowable = {
    "DATABASES", "SCHEMAS", "TABLES", "VIEWS",      "SEQUENCES", "STAGES",  "WAREHOUSES",
    "ROLES",     "USERS",   "GRANTS", "PARAMETERS", "COLUMNS",   "OBJECTS", "FILE FORMATS"};

constexpr std::array<std::string_view, 34> kPrivileges = {"ALL",
                                                          "SELECT",
                                                          "INSERT",
                                                          "UPDATE",
                                                          "DELETE",
                                                          "TRUNCATE",
                                                          "REFERENCES",
                                                          "USAGE",
                                                          "MONITOR",
                                                          "OPERATE",
                                                          "MODIFY",
                                                          "OWNERSHIP",
                                                          "READ",
                                                          "WRITE",
                                                          "REBUILD",
                                                          "CREATE DATABASE",
                                                          "CREATE SCHEMA",
                                                          "CREATE TABLE",
                                                          "CREATE VIEW",
                                                          "CREATE SEQUENCE",
                                                          "CREATE STAGE",
                                                          "CREATE FILE FORMAT",
                                                          "CREATE WAREHOUSE",
                                                          "CREATE ROLE",
                                                          "CREATE USER",
                                                          "MANAGE GRANTS",
                                                          "IMPORTED PRIVILEGES",
                                                          "EXECUTE TASK",
                                                          "MONITOR USAGE",
                                                          "MONITOR EXECUTION",
                                                          "APPLY MASKING POLICY",
                                                          "CREATE SHARE",
                                                          "CREATE INTEGRATION",
                                                          "EVOLVE SCHEMA"};

Result<void> ParseShowScope(TokenCursor& cursor, ShowStatement& show) {
  for (const std::string_view word : {"IN", "ON", "TO", "OF"}) {
    if (cursor.TakeWord(word)) show.preposition = word;
    if (!show.preposition.empty()) break;
  }
  if (show.preposition.empty()) return {};
  for (const std::string_view word : {"ACCOUNT", "SESSION"}) {
    if (cursor.TakeWord(word)) {
      show.scope = word;
      return {};
    }
  }
  static constexpr std::array<std::string_view, 9> kScopes = {
      "DATABASE", "SCHEMA", "TABLE", "VIEW", "WAREHOUSE", "ROLE", "USER", "STAGE", "SEQUENCE"};
  for (const std::string_view word : kScopes) {
    if (!cursor.TakeWord(word)) continue;
    show.scope = word;
    const bool may_stand_alone =
        show.preposition == "IN" && (word == "DATABASE" || word == "SCHEMA");
    const bool name_follows = cursor.Peek().kind == TokenKind::kQuoted ||
                              (cursor.Peek().kind == TokenKind::kWord && !cursor.IsWord("LIMIT") &&
                               !cursor.IsWord("STARTS"));
    if (may_stand_alone && !name_follows) return {};
    DBSTOW_ASSIGN(show.scope_name, cursor.ExpectName());
    return {};
  }
  // A bare name: a schema (or database) for objects, a table for columns.
  DBSTOW_ASSIGN(show.scope_name, cursor.ExpectName());
  return {};
}

Result<std::string> ParsePrivilege(TokenCursor& cursor) {
  std::string text;
  // The longest known run of words.
  size_t best = 0;
  std::string best_text;
  for (size_t ahead = 0; ahead < 3 && cursor.Peek(ahead).kind == TokenKind::kWord; ++ahead) {
    text += (ahead == 0 ? "" : " ") + cursor.Peek(ahead).text;
    if (std::find(kPrivileges.begin(), kPrivileges.end(), text) != kPrivileges.end()) {
      best = ahead + 1;
      best_text = text;
    }
  }
  if (best == 0) return cursor.Unexpected();
  for (size_t step = 0; step < best; ++step) cursor.Next();
  if (best_text == "ALL") cursor.TakeWord("PRIVILEGES");
  return best_text;
}

Result<ObjectKind> ParsePluralKind(TokenCursor& cursor) {
  struct Plural {
    std::string_view word;
    ObjectKind kind;
  };
  static constexpr std::array<Plural, 5> kPlurals = {{{"TABLES", ObjectKind::kTable},
                                                      {"VIEWS", ObjectKind::kView},
                                                      {"SCHEMAS", ObjectKind::kSchema},
                                                      {"SEQUENCES", ObjectKind::kSequence},
                                                      {"STAGES", ObjectKind::kStage}}};
  for (const Plural& plural : kPlurals) {
    if (cursor.TakeWord(plural.word)) return plural.kind;
  }
  if (cursor.Peek().kind == TokenKind::kWord) return Unsupported("GRANT on " + cursor.Peek().text);
  return cursor.Unexpected();
}

Result<void> ParseGrantTarget(TokenCursor& cursor, GrantStatement& grant) {
  if (cursor.TakeWord("ACCOUNT")) {
    grant.on = ObjectKind::kAccount;
    return {};
  }
  const bool all = cursor.IsWord("ALL");
  const bool future = cursor.IsWord("FUTURE");
  if (all || future) {
    cursor.Next();
    grant.all_in_container = all;
    grant.future_in_container = future;
    DBSTOW_ASSIGN(grant.on, ParsePluralKind(cursor));
    DBSTOW_TRY(cursor.ExpectWord("IN"));
    DBSTOW_ASSIGN(grant.container, ParseObjectKind(cursor));
    if (grant.container != ObjectKind::kDatabase && grant.container != ObjectKind::kSchema) {
      return cursor.Unexpected();
    }
    DBSTOW_ASSIGN(grant.container_name, cursor.ExpectName(MostNameParts(grant.container)));
    return {};
  }
  DBSTOW_ASSIGN(grant.on, ParseObjectKind(cursor));
  DBSTOW_ASSIGN(grant.on_name, cursor.ExpectName(MostNameParts(grant.on)));
  return {};
}

Result<void> ParseGrantee(TokenCursor& cursor, GrantStatement& grant) {
  DBSTOW_TRY(cursor.ExpectWord(grant.verb == GrantStatement::Verb::kGrant ? "TO" : "FROM"));
  if (grant.privileges.empty() && cursor.TakeWord("USER")) {
    DBSTOW_ASSIGN(grant.to_user, cursor.ExpectIdentifier());
    return {};
  }
  if (cursor.IsWord("SHARE")) return Unsupported("GRANT to a share");
  // The word ROLE may be left out, but not before a role that is called ROLE.
  if (cursor.IsWord("ROLE") && cursor.Peek(1).kind != TokenKind::kEnd) cursor.Next();
  DBSTOW_ASSIGN(grant.to_role, cursor.ExpectIdentifier());
  return {};
}

}  // namespace

Result<ShowStatement> ParseShow(QueryParser& parser) {
  TokenCursor& cursor = parser.cursor();
  ShowStatement show;
  show.terse = cursor.TakeWord("TERSE");
  DBSTOW_ASSIGN(show.what, cursor.ExpectAnyWord());
  if (show.what == "FUTURE" && cursor.TakeWord("GRANTS")) show.what = "FUTURE GRANTS";
  if (show.what == "FILE" && cursor.TakeWord("FORMATS")) show.what = "FILE FORMATS";
  if (show.what != "FUTURE GRANTS" &&
      std::find(kShowable.begin(), kShowable.end(), show.what) == kShowable.end()) {
    return Unsupported("SHOW " + show.what);
  }
  show.history = cursor.TakeWord("HISTORY");
  if (cursor.TakeWord("LIKE")) {
    DBSTOW_ASSIGN(show.like, cursor.ExpectString());
  }
  DBSTOW_TRY(ParseShowScope(cursor, show));
  if (cursor.TakeWords({"STARTS", "WITH"})) {
    DBSTOW_ASSIGN(show.starts_with, cursor.ExpectString());
  }
  if (cursor.TakeWord("LIMIT")) {
    DBSTOW_ASSIGN(show.limit, cursor.ExpectInteger());
    if (cursor.TakeWord("FROM")) {
      DBSTOW_ASSIGN(show.from, cursor.ExpectString());
    }
  }
  return show;
}

Result<DescribeStatement> ParseDescribe(QueryParser& parser) {
  TokenCursor& cursor = parser.cursor();
  DescribeStatement describe;
  DBSTOW_ASSIGN(describe.kind, ParseObjectKind(cursor));
  if (describe.kind != ObjectKind::kTable && describe.kind != ObjectKind::kView) {
    return Unsupported("DESCRIBE " + ToString(describe.kind));
  }
  DBSTOW_ASSIGN(describe.name, cursor.ExpectName());
  return describe;
}

Result<GrantStatement> ParseGrant(QueryParser& parser, GrantStatement::Verb verb) {
  TokenCursor& cursor = parser.cursor();
  GrantStatement grant;
  grant.verb = verb;
  if (cursor.TakeWords({"GRANT", "OPTION", "FOR"})) return Unsupported("REVOKE GRANT OPTION FOR");
  if (cursor.TakeWord("ROLE")) {
    DBSTOW_ASSIGN(grant.role, cursor.ExpectIdentifier());
    DBSTOW_TRY(ParseGrantee(cursor, grant));
    return grant;
  }
  do {
    DBSTOW_ASSIGN(std::string privilege, ParsePrivilege(cursor));
    grant.privileges.push_back(std::move(privilege));
  } while (cursor.TakeSymbol(","));
  DBSTOW_TRY(cursor.ExpectWord("ON"));
  DBSTOW_TRY(ParseGrantTarget(cursor, grant));
  DBSTOW_TRY(ParseGrantee(cursor, grant));
  if (verb == GrantStatement::Verb::kGrant) {
    grant.with_grant_option = cursor.TakeWords({"WITH", "GRANT", "OPTION"});
    if (cursor.TakeWords({"COPY", "CURRENT", "GRANTS"})) {
      grant.current_grants = GrantStatement::CurrentGrants::kCopy;
    } else if (cursor.TakeWords({"REVOKE", "CURRENT", "GRANTS"})) {
      grant.current_grants = GrantStatement::CurrentGrants::kRevoke;
    }
  } else {
    cursor.TakeWord("RESTRICT");
    cursor.TakeWord("CASCADE");
  }
  return grant;
}

}  // namespace dbstow::doubles::snowflake
